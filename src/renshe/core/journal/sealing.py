"""The journal sealed in blocks, so that whoever alters it afterwards is found out.

Rule (防止恶意篡改生产数据): every ``SIZE`` entries make a block: their digests, the root of the Merkle tree over these,
and a chain over the roots. The chain is also written to a second place that the database's administrator does not hold.

An entry's number is drawn before it is there for others to see. So a block is only made of entries up to a mark: the
largest number at a moment when no transaction was writing. ``journal_mark`` waits for such a moment, for a second at
most: a long batch delays the seal, never the other way round.

Invariant: no entry appears below a mark after it was set; blocks follow each other without a gap.
"""

from __future__ import annotations

import psycopg

SIZE = 10_000


def seal(connection: psycopg.Connection, *, whole_only: bool = True) -> list[tuple[int, bytes]]:
    """Seal what can be sealed, in blocks; return number and chain of each new one, to be told elsewhere.

    ``whole_only``: a last block that is not full waits. The connection commits by itself. Nothing is sealed, and
    nothing lost, where a transaction keeps writing for longer than a second: the next time will.
    """
    try:
        connection.execute("SELECT journal_mark()")
    except psycopg.errors.LockNotAvailable:
        return []
    made: list[tuple[int, bytes]] = []
    while True:
        [(number,)] = connection.execute("SELECT journal_seal(%s)", [SIZE if whole_only else 1]).fetchall()
        if number is None:
            return made
        [(chain,)] = connection.execute("SELECT chain FROM journal_block WHERE number = %s", [number]).fetchall()
        made.append((number, chain))

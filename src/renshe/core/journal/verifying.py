"""Whether the journal is whole: every sealed entry as it was, none missing, none put in, the chain as it was told.

Rule (防止恶意篡改生产数据): a check of the chain and of every row's digest names what was altered. It trusts no
function of the database, which whoever altered it may have replaced; digests are compared with the blocks, these among
each other and with the chain that was written to a second place.

Invariant: nothing is written; what is said of an entry follows from rows that were read in one snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import psycopg

from renshe.core.journal.scripts import script

_DIGEST = 32
# No number that an entry can have is below it.
_NOWHERE = -(2**63)


@dataclass(slots=True)
class Verdict:
    """What was found: numbers of entries that were ``altered``, that are ``missing`` or were ``inserted``; ``broken``:
    blocks whose own digests, root or chain do not fit, or fit not what was told elsewhere; how many entries were
    checked, and from which entry on the tail is not sealed yet (``unsealed`` of them)."""

    altered: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    inserted: list[int] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    blocks: int = 0
    entries: int = 0
    unsealed: int = 0
    unsealed_from: int | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing was found."""
        return not (self.altered or self.missing or self.inserted or self.broken)


def root(leaves: bytes) -> bytes:
    """Return the root of the Merkle tree over ``leaves``, digests of 32 bytes one behind the other."""
    level = leaves
    while len(level) > _DIGEST:
        pairs = len(level) // (2 * _DIGEST)
        above = b"".join(
            sha256(b"\x01" + level[at : at + 2 * _DIGEST]).digest() for at in range(0, pairs * 2 * _DIGEST, 2 * _DIGEST)
        )
        level = above + level[pairs * 2 * _DIGEST :]
    return level


def verify(connection: psycopg.Connection, *told: Mapping[int, bytes]) -> Verdict:
    """Check the whole journal in a transaction of its own; ``told``: by number of block, the chain as it was written to
    each of the second places."""
    found, before, chain = Verdict(), _NOWHERE, b""
    elsewhere: dict[int, set[bytes]] = {}
    for place in told:
        for number, said in place.items():
            elsewhere.setdefault(number, set()).add(said)
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    while (block := _block(connection, found.blocks + 1)) is not None:
        found.blocks += 1
        ids, leaves, told_root, told_chain = block
        made = root(leaves)
        chain = sha256(chain + made).digest()
        if (made, chain, elsewhere.pop(found.blocks, {chain})) != (told_root, told_chain, {chain}):
            found.broken.append(found.blocks)
            # What follows is judged by what stood here, or every later block would be named too.
            chain = chain if made == told_root else told_chain
        _compare(found, ids, leaves, _entries(connection, before, ids[-1]))
        before = ids[-1]
    found.broken += sorted(elsewhere)
    [row] = connection.execute("SELECT count(*), min(id) FROM journal_entry WHERE id > %s", [before]).fetchall()
    found.unsealed, found.unsealed_from = row
    connection.rollback()
    return found


def _compare(found: Verdict, ids: list[int], leaves: bytes, standing: Iterator[tuple[int, bytes]]) -> None:
    """Add to ``found`` what the entries that are ``standing`` in a block differ in from its own."""
    sealed = {entry: leaves[at * _DIGEST : (at + 1) * _DIGEST] for at, entry in enumerate(ids)}
    for entry, digest in standing:
        found.entries += 1
        if entry not in sealed:
            found.inserted.append(entry)
        elif sealed.pop(entry) != digest:
            found.altered.append(entry)
    found.missing += sorted(sealed)
    # In whichever order they lie.
    found.inserted.sort()
    found.altered.sort()


def _entries(connection: psycopg.Connection, after: int, last: int) -> Iterator[tuple[int, bytes]]:
    """Yield number and digest of the entries after one up to another, as they stand."""
    rows = f"SELECT e.id, {script('leaf')} FROM journal_entry e WHERE e.id > {after:d} AND e.id <= {last:d}"
    with connection.cursor() as cursor, cursor.copy(f"COPY ({rows}) TO STDOUT (FORMAT binary)") as copy:
        copy.set_types(["int8", "bytea"])
        yield from copy.rows()


def _block(connection: psycopg.Connection, number: int) -> tuple[list[int], bytes, bytes, bytes] | None:
    asked = "SELECT ids, leaves, root, chain FROM journal_block WHERE number = %s"
    return connection.execute(asked, [number], binary=True).fetchone()

"""A peer's books: every package that came or went, and what became of each record.

Invariant: a package is in the books once, under its agreement, direction, kind and sequence; a record that was applied
or refused stays so; whatever is done is done in one transaction.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SHAPE = """
CREATE TABLE IF NOT EXISTS package (
  id INTEGER PRIMARY KEY, agreement TEXT NOT NULL, version INTEGER NOT NULL, direction TEXT NOT NULL,
  kind TEXT NOT NULL, sequence INTEGER,
  digest TEXT NOT NULL, file BLOB NOT NULL, content BLOB NOT NULL, state TEXT NOT NULL, about INTEGER,
  receipt BLOB, reason TEXT NOT NULL DEFAULT '', due REAL NOT NULL DEFAULT 0, purpose TEXT NOT NULL DEFAULT '',
  UNIQUE (agreement, direction, kind, sequence)
);
CREATE TABLE IF NOT EXISTS record (
  package INTEGER NOT NULL REFERENCES package, place INTEGER NOT NULL, key TEXT NOT NULL, fate TEXT,
  said TEXT NOT NULL DEFAULT '', PRIMARY KEY (package, place)
);
"""
FINAL = ("refused", "applied")


@dataclass(frozen=True, slots=True)
class Entry:
    """One package in the books."""

    id: int
    agreement: str
    version: int
    direction: str
    kind: str
    sequence: int | None
    digest: str
    file: bytes
    content: bytes
    state: str
    about: int | None
    receipt: bytes | None
    reason: str
    due: float
    purpose: str

    @property
    def name(self) -> str:
        """How its file is called."""
        return f"{self.agreement}-{self.kind}-{self.sequence:06d}.rsp"


class Books:
    """The books in one file, written by one at a time."""

    def __init__(self, path: Path) -> None:
        self._line = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        self._line.execute("PRAGMA journal_mode=WAL")
        self._line.execute("PRAGMA synchronous=FULL")
        self._line.executescript(_SHAPE)
        self._lock = threading.RLock()

    def close(self) -> None:
        """Let the file go."""
        self._line.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Do everything in the block, or nothing."""
        with self._lock:
            self._line.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._line.execute("ROLLBACK")
                raise
            self._line.execute("COMMIT")

    def add(self, **told: object) -> int:
        """Put a package in; return its number."""
        names = ", ".join(told)
        made = self._line.execute(
            f"INSERT INTO package ({names}) VALUES ({', '.join('?' * len(told))})", list(told.values())
        )
        assert made.lastrowid is not None
        return made.lastrowid

    def change(self, id: int, **told: object) -> None:
        """Write down of a package what has come to be known."""
        self._line.execute(
            f"UPDATE package SET {', '.join(f'{one} = ?' for one in told)} WHERE id = ?", [*told.values(), id]
        )

    def find(self, **about: object) -> list[Entry]:
        """Return the packages of which all this is so, in the order in which they were put in."""
        with self._lock:
            where = " AND ".join(f"{one} = ?" for one in about) or "1"
            rows = self._line.execute(
                f"SELECT * FROM package WHERE {where} ORDER BY id", list(about.values())
            ).fetchall()
        return [Entry(*row) for row in rows]

    def last(self, agreement: str, direction: str, kind: str, *states: str) -> int:
        """Return the highest sequence in these states; 0 where there is none."""
        marks = ", ".join("?" * len(states))
        row = self._line.execute(
            "SELECT max(sequence) FROM package WHERE agreement = ? AND direction = ? AND kind = ?"
            f" AND state IN ({marks})", [agreement, direction, kind, *states],
        ).fetchone()  # fmt: skip
        return int(row[0] or 0)

    def next(self, agreement: str, kind: str) -> int:
        """Return the first sequence that no package of ours has: the next, or one that a refusal gave back."""
        rows = self._line.execute(
            "SELECT sequence FROM package WHERE agreement = ? AND direction = 'out' AND kind = ?"
            " AND sequence IS NOT NULL", [agreement, kind],
        )  # fmt: skip
        used = {row[0] for row in rows}
        return next(at for at in range(1, len(used) + 2) if at not in used)

    def records_put(self, package: int, keys: list[str]) -> None:
        """Put in the records of a package."""
        self._line.executemany(
            "INSERT INTO record (package, place, key) VALUES (?, ?, ?)",
            [(package, place, key) for place, key in enumerate(keys, 1)],
        )

    def records(self, package: int) -> list[tuple[int, str, str | None, str]]:
        """Return place, key, fate and reason of each record of a package."""
        with self._lock:
            return self._line.execute(
                "SELECT place, key, fate, said FROM record WHERE package = ? ORDER BY place", [package]
            ).fetchall()

    def answer(self, package: int, answers: list[tuple[int, str, str]]) -> None:
        """Write down what became of records: place, fate and reason; what is final stays."""
        self._line.executemany(
            "UPDATE record SET fate = ?, said = ? WHERE package = ? AND place = ?"
            " AND (fate IS NULL OR fate NOT IN ('refused', 'applied'))",
            [(fate, said, package, place) for place, fate, said in answers],
        )

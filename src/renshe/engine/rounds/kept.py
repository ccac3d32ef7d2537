"""Steps over a finished round that hand each other files: what is large is written down and read as it is needed.

Invariant: memory does not grow with what is kept; what is not for the user goes with the folder ``work``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from renshe.engine.rules.compiling import quote


@dataclass(slots=True)
class Kept:
    """An engine with two folders: ``work`` for what is needed meanwhile, ``target`` for what stays."""

    connection: duckdb.DuckDBPyConnection
    work: Path
    target: Path

    def keep(self, name: str, select: str) -> None:
        """Write the rows of ``select`` to a file of ``work`` and make them known as ``name``."""
        self._write(name, select, self.work / f"{name}.parquet", "lz4")

    def publish(self, name: str, select: str, file: str) -> None:
        """Write the rows of ``select`` to ``file`` of ``target`` and make them known as ``name``."""
        self._write(name, select, self.target / file, "zstd")

    def _write(self, name: str, select: str, file: Path, compression: str) -> None:
        path = quote(str(file))
        self.connection.execute(f"COPY ({select}) TO {path} (FORMAT parquet, COMPRESSION {compression})")
        # A view that is not temporary is there for other cursors too: lists are written through these.
        self.connection.execute(f"CREATE VIEW {name} AS FROM read_parquet({path})")

    def in_order(self) -> None:
        """Have rows come as they stand in files from now on: the engine of a round takes them as they come."""
        self.connection.execute("SET preserve_insertion_order = true")

    def drop(self, *names: str) -> None:
        """Forget what was kept under ``names``, and give the room back."""
        for name in names:
            self.connection.execute(f"DROP VIEW {name}")
            (self.work / f"{name}.parquet").unlink()

    def count(self, relation: str) -> int:
        """Return how many rows ``relation`` has."""
        [(rows,)] = self.connection.execute(f"SELECT count(*) FROM {relation}").fetchall()
        return int(rows)

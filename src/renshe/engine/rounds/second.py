"""What a round can take over from the one before: tables and findings that nothing has changed.

A round is a pure function of sources, rules and decisions, so where these are the same its result is the same. The
manifest keeps what a round was made of; anything else than decisions that differs for all tables (rules, date, region,
parameters, the program itself), and any file to be taken over that is not as it was written, means a full run.

Invariant: a round with and without an earlier one to lean on has the same digests and counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from renshe.engine.decisions.apply import Applied
from renshe.engine.project import Project
from renshe.engine.rounds.digests import Sums
from renshe.engine.rounds.store import Store, file_digest
from renshe.engine.rules.catalogue import Catalogue
from renshe.engine.rules.compiling import quote
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.earlier import Earlier, State
from renshe.engine.rules.reach import changed_rows, moved
from renshe.engine.staging.stage import Staged, code_version, texts_below
from renshe.standards.dictionary import TABLES

_FINDINGS = ("findings.parquet", "accepted.parquet")


@dataclass(frozen=True, slots=True)
class Second:
    """An earlier round to lean on: its folder, its findings, and what it was made of."""

    folder: Path
    earlier: Earlier
    inputs: Mapping[str, Any]

    def is_same(self, table: str) -> bool:
        """Whether the rows of ``table`` are the earlier round's."""
        return self.earlier.tables[table] == "same"

    def sums(self, table: str) -> Sums | None:
        """Return the earlier row sums of ``table``; None where they say nothing of its rows now."""
        if self.earlier.tables[table] == "new":
            return None
        rows, lower, upper = self.inputs["sums"][table]
        return rows, lower, upper


def _environment(project: Project, catalogue: Catalogue, staged: Sequence[Staged]) -> str:
    """Return the digest of what concerns all tables alike."""
    digest = hashlib.sha256(code_version().encode())
    for package in ("renshe.engine.rules", "renshe.engine.decisions"):
        for file in texts_below(resources.files(package)):
            digest.update(file.read_bytes())
    parameters = [found.folder.name for found in staged if found.table not in TABLES]
    holders = sorted({(found.table, found.system) for found in staged})
    told = [project.as_of.isoformat(), project.region, catalogue.version, parameters, holders]
    digest.update(json.dumps(told).encode())
    return digest.hexdigest()


def round_inputs(
    project: Project, catalogue: Catalogue, staged: Sequence[Staged], applied: Applied, target: Path
) -> dict[str, Any]:
    """Return what the round in ``target`` was made of, and the digests of its files that another may take over."""
    files = [*(target / name for name in _FINDINGS), *sorted((target / "tables").glob("*.parquet"))]
    return {
        "environment": _environment(project, catalogue, staged),
        "sources": [
            {
                "table": found.table,
                "system": found.system,
                "file": found.source_file,
                "staged": found.folder.name,
                "patch": applied.patches[at].name if at in applied.patches else None,
            }
            for at, found in enumerate(staged)
        ],
        "files": {str(file.relative_to(target)): file_digest(file) for file in files},
    }


def find_second(
    store: Store,
    project: Project,
    catalogue: Catalogue,
    dataset: Dataset,
    staged: Sequence[Staged],
    applied: Applied,
) -> Second | None:
    """Return the newest round where this one can lean on it, opened in the connection of ``dataset``; else None."""
    numbers = store.numbers()
    if not numbers:
        return None
    folder = store.folder(numbers[-1])
    inputs = json.loads((folder / "manifest.json").read_text("utf-8")).get("inputs")
    if inputs is None or inputs["environment"] != _environment(project, catalogue, staged):
        return None
    now = [source for source in inputs["sources"] if source["table"] in TABLES]
    patches = _Patches(store, dataset, applied, staged)
    states: dict[str, State] = {}
    for table in dataset.tables:
        states[table] = patches.state(table, [source for source in now if source["table"] == table])
    if all(state == "new" for state in states.values()):
        return None
    taken_over = [*_FINDINGS, *(f"tables/{table}.parquet" for table, state in states.items() if state == "same")]
    if any(not _is_whole(folder / name, inputs["files"][name]) for name in taken_over):
        return None
    _open_findings(dataset, folder)
    return Second(folder, Earlier(dataset.connection, states, inputs["not_run"], inputs["reasons"]), inputs)


def _is_whole(file: Path, digest: str) -> bool:
    return file.is_file() and file_digest(file) == digest


def _is_parquet(file: Path) -> bool:
    try:
        pq.read_metadata(file)
    except (OSError, pa.ArrowException):
        return False
    return True


def _open_findings(dataset: Dataset, folder: Path) -> None:
    """Open the findings of a round, set aside or not, as the view ``earlier``, each with its row's ``rid`` now."""
    places = {
        "table": pa.array([source.table for source in dataset.sources], pa.string()),
        "system": pa.array([source.system for source in dataset.sources], pa.string()),
        "source_file": pa.array([source.source_file for source in dataset.sources], pa.string()),
        "src": pa.array(range(len(dataset.sources)), pa.int64()),
    }
    connection = dataset.connection
    connection.register("given", pa.table(places))
    connection.execute("CREATE OR REPLACE TEMP TABLE places AS FROM given")
    connection.unregister("given")
    files = ", ".join(quote(str(folder / name)) for name in _FINDINGS)
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW earlier AS SELECT f.*, (p.src << 40) + f.source_row AS rid"
        f' FROM read_parquet([{files}], union_by_name=true) f LEFT JOIN places p USING ("table", system, source_file)'
    )


class _Patches:
    """Compares the rows that decisions replace now with those that they replaced in the earlier round."""

    def __init__(self, store: Store, dataset: Dataset, applied: Applied, staged: Sequence[Staged]) -> None:
        self.store = store
        self.dataset = dataset
        self.connection = dataset.connection
        self.staged = [(found, applied.patches.get(at)) for at, found in enumerate(staged) if found.table in TABLES]

    def state(self, table: str, before: Sequence[Mapping[str, Any]]) -> State:
        """Return the state of a table, opening ``was_``, ``now_`` and ``moved_`` where rows of it have changed."""
        own = [(at, found, patch) for at, (found, patch) in enumerate(self.staged) if found.table == table]
        if [self._told(found) for _, found, _ in own] != [
            (source["system"], source["file"], source["staged"]) for source in before
        ]:
            return "new"
        if len({(found.system, found.source_file) for _, found, _ in own}) < len(own):
            # Findings name system and file: two sources of one name cannot be told apart.
            return "new"
        pairs = [
            (at, found, self.store.patched / source["patch"] if source["patch"] else None, patch)
            for (at, found, patch), source in zip(own, before, strict=True)
        ]
        differ = [pair for pair in pairs if pair[2] != pair[3]]
        if any(patch is not None and not _is_parquet(patch) for pair in differ for patch in pair[2:]):
            return "new"
        if not differ:
            return "same"
        return "moved" if self._open(table, differ) else "same"

    @staticmethod
    def _told(found: Staged) -> tuple[str, str, str]:
        return found.system, found.source_file, found.folder.name

    def _open(self, table: str, differ: Sequence[tuple[int, Staged, Path | None, Path | None]]) -> int:
        """Gather the rows that differ, as they were and as they are; return how many there are."""
        names = changed_rows(table)
        for name in names:
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM s_{table} LIMIT 0")
        for at, found, old, new in differ:
            sides = [f"(SELECT * FROM read_parquet({quote(str(patch))}))" if patch else None for patch in (old, new)]
            known = [side for side in sides if side is not None]
            differing = (
                f"(FROM {known[0]} EXCEPT ALL FROM {known[1]}) UNION ALL (FROM {known[1]} EXCEPT ALL FROM {known[0]})"
                if len(known) == 2
                else f"FROM {known[0]}"
            )
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE differing AS SELECT DISTINCT source_row FROM ({differing})"
            )
            base = f"(SELECT * FROM read_parquet({quote(str(found.rows))}))"
            for name, side in zip(names, sides, strict=True):
                if side is None:
                    self._insert(name, at, base)
                    continue
                self._insert(name, at, side)
                [(left,)] = self.connection.execute(
                    f"SELECT count(*) FROM differing WHERE source_row NOT IN (SELECT source_row FROM {side})"
                ).fetchall()
                # The file itself is read where a decision that replaced a row was revoked.
                if left:
                    self._insert(name, at, f"{base} b ANTI JOIN {side} p USING (source_row)")
        was, now = names
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW {moved(table)} AS FROM {was} UNION ALL FROM {now}")
        [(count,)] = self.connection.execute(f"SELECT count(*) FROM {moved(table)}").fetchall()
        return int(count)

    def _insert(self, name: str, ordinal: int, rows: str) -> None:
        select = self.dataset.select_from(ordinal)
        self.connection.execute(f"INSERT INTO {name} {select} (FROM {rows}) WHERE source_row IN (FROM differing)")

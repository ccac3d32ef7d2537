"""The newest round, as a list that comes back meets it: whose list it is, and which finding a row means.

Business rule: a decision answers a problem that is there now. A list of an earlier round still counts for what is
still found; a list of another project counts for nothing.

Invariant: findings are looked up by the database, however many there are; a row means one finding or none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from renshe.engine.comparing.kinds import is_comparison
from renshe.engine.comparing.layout import DIFFERENCES, comparisons
from renshe.engine.mending.refusals import MendingError
from renshe.engine.project import Project, load_project
from renshe.engine.report.sheets import stamp_of
from renshe.engine.rounds.store import Store
from renshe.engine.rules.catalogue import Rule, load_catalogue
from renshe.engine.rules.compiling import quote
from renshe.engine.schema import system_kind

STAMP = re.compile(r"\d+:[0-9a-f]+:\d+:\d+", re.ASCII)
"""The stamp of a sheet (``report.sheets``)."""
_PARTS = ("rule", "table", "system", "key", "field", "related")


@dataclass(frozen=True, slots=True)
class Identity:
    """What the hidden column says: the finding's identity, the number of its source, its row, and the sheet's stamp."""

    rule: str
    table: str
    system: str | None
    key: str | None
    field: str | None
    related: str | None
    source: int | None
    row: int | None
    stamp: str

    @property
    def round(self) -> str:
        """The round of the list and the head of its findings' digest, as ``stamp_of`` writes it."""
        return ":".join(self.stamp.split(":")[:2])


def parse_identity(text: str) -> Identity | None:
    """Return what a hidden cell says; None where it was damaged."""
    try:
        parts = json.loads(text)
    except ValueError:
        return None
    if not isinstance(parts, list) or len(parts) != len(_PARTS) + 3:
        return None
    texts = [*parts[:6], parts[8]]
    numbers = parts[6:8]
    sound = all(part is None or isinstance(part, str) for part in texts) and all(
        part is None or (isinstance(part, int) and not isinstance(part, bool)) for part in numbers
    )
    if not sound or not all(isinstance(parts[at], str) for at in (0, 1, 8)) or not STAMP.fullmatch(parts[8]):
        return None
    return Identity(*parts)


def other_system(one: Identity) -> str:
    """Return the system that a difference holds its row against; empty where it does not say so."""
    try:
        [system, *_] = json.loads(one.related or "[]")
    except ValueError:
        return ""
    return str(system)


@dataclass(frozen=True, slots=True)
class Found:
    """The finding that a row means, with what is needed to judge a decision on it.

    ``sure`` is False where several findings share the identity and none stands at the row's place. ``origin`` is where
    the expected value of a comparison comes from (system, file and row). ``id_type`` is that of the person whose number
    is to be mended.
    """

    value: str | None
    expected: str | None
    source_file: str | None
    source_row: int | None
    sure: bool
    origin: str | None
    id_type: str | None


@dataclass(slots=True)
class Newest:
    """The newest round of a project with what was compared in it, and what is known of the rounds before it."""

    project: Project
    number: int
    folder: Path
    manifest: Mapping[str, Any]
    rules: Mapping[str, Rule]
    _store: Store
    _files: dict[str, list[str] | None] = field(default_factory=dict)

    def files(self, stamp: str) -> list[str] | None:
        """Return the source files of the round that ``stamp`` (``stamp_of``) names; None where it is none of ours."""
        if stamp not in self._files:
            number = int(stamp.split(":", 1)[0])
            self._files[stamp] = self._listed(number, stamp) if number in self._store.numbers() else None
        return self._files[stamp]

    def _listed(self, number: int, stamp: str) -> list[str] | None:
        """Return the source files of round ``number`` if the lists of ``stamp`` are its own or of its comparisons."""
        folder = self._store.folder(number)
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        compared = (stamp_of(one, "differences") for _, one in comparisons(folder))
        ours = stamp == stamp_of(manifest) or stamp in compared
        return [source["file"] for source in manifest["sources"]] if ours else None

    def was_compared(self, one: Identity) -> bool:
        """Whether the systems of a difference were compared in this round."""
        pair = {one.system, other_system(one)}
        return any({told["left"], told["right"]} == pair for _, told in comparisons(self.folder))

    def opponents(self, one: Identity) -> list[str]:
        """Return the systems of the project that a row is held against: those that may be kept in its place."""
        rule, table, own = one.rule, one.table, one.system or ""
        if is_comparison(rule):
            return [other_system(one)]
        known = self.rules.get(rule)
        if known is None:
            return []
        here = {source["system"]: source["table"] for source in self.manifest["sources"]}
        business = {
            source["system"]
            for source in self.manifest["sources"]
            if source["table"] == table and system_kind(source["system"]) == "business"
        }
        against: set[str] = set()
        for _, relation in known.relations:
            if relation.system is not None:
                against |= business if relation.system in ("*", "other") else {relation.system} & set(here)
        if any(shape is not None and shape.across for shape in (known.unique, known.overlap)):
            against |= business
        return sorted(against - {own})

    def find(self, asked: Sequence[Identity]) -> list[Found | None]:
        """Return, for each identity in order, the finding of this round that it means."""
        found: list[Found | None] = [None] * len(asked)
        with duckdb.connect(":memory:", config={"memory_limit": "1100MB"}) as connection:
            connection.register("asked", self._asked(asked))
            rows = connection.sql(self._meant(connection)).to_arrow_table()
        for at, *parts in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            found[at] = Found(*parts)
        return found

    def _asked(self, asked: Sequence[Identity]) -> pa.Table:
        columns: dict[str, Any] = {"n": pa.array(range(len(asked)), pa.int64())}
        columns |= {name: pa.array([getattr(one, name) for one in asked], pa.string()) for name in _PARTS}
        files = []
        for one in asked:
            known = self.files(one.round) or []
            files.append(known[one.source - 1] if one.source and 0 < one.source <= len(known) else None)
        columns |= {"file": pa.array(files, pa.string()), "row": pa.array([one.row for one in asked], pa.int64())}
        return pa.table(columns)

    def _found(self) -> str:
        """Return SQL of all findings of this round, and of the differences that comparisons of it found."""
        names = ", ".join(f'"{name}"' for name in (*_PARTS, "value", "expected", "source_file", "source_row"))
        findings = quote(str(self.folder / "findings.parquet"))
        parts = [f"SELECT {names}, NULL AS origin FROM read_parquet({findings})"]
        parts += [
            f"SELECT {names}, other_system || ' ' || other_file || '#' || other_row"
            f" FROM read_parquet({quote(str(folder / DIFFERENCES))})"
            for folder, _ in comparisons(self.folder)
        ]
        return " UNION ALL ".join(parts)

    def _meant(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Return SQL of the finding that each row of ``asked`` means: at its place, else the only one of its identity.

        A new extract moves rows: then the place alone says nothing.
        """
        same = " AND ".join(f'f."{name}" IS NOT DISTINCT FROM a."{name}"' for name in _PARTS if name != "rule")
        hit = (
            "SELECT a.n, f.value, f.expected, f.source_file, f.source_row, f.system, f.origin,"
            " a.\"table\" || '.' || a.field AS spot,"
            " f.source_file IS NOT DISTINCT FROM a.file AND f.source_row IS NOT DISTINCT FROM a.row AS here"
            f" FROM asked a JOIN ({self._found()}) f ON f.rule = a.rule AND {same}"
        )
        connection.execute(
            f"CREATE TEMP TABLE meant AS SELECT *, here OR count(*) OVER (PARTITION BY n) = 1 AS sure FROM ({hit})"
            " QUALIFY row_number() OVER (PARTITION BY n ORDER BY here DESC) = 1"
        )
        persons = self.folder / "tables" / "person.parquet"
        wanted = connection.sql("SELECT count(*) FROM meant WHERE spot = 'person.id_number'").fetchall()[0][0]
        id_type, join = "NULL::VARCHAR", ""
        if wanted and persons.exists():
            id_type = "p.id_type"
            join = (
                f" LEFT JOIN (SELECT system, source_file, source_row, any_value(id_type) AS id_type"
                f" FROM read_parquet({quote(str(persons))}) WHERE (source_file, source_row) IN"
                " (SELECT (source_file, source_row) FROM meant WHERE spot = 'person.id_number') GROUP BY ALL) p"
                " ON m.spot = 'person.id_number' AND p.system = m.system AND p.source_file = m.source_file"
                " AND p.source_row = m.source_row"
            )
        return f"SELECT n, value, expected, m.source_file, m.source_row, sure, origin, {id_type} FROM meant m{join}"


def open_newest(store: Store) -> Newest:
    """Return the newest round of the project; MendingError where there is none yet."""
    numbers = store.numbers()
    if not numbers:
        raise MendingError(f"{store.project}：还没有完成的轮次；请先运行 renshe clean {store.project}")
    project = load_project(store.project)
    folder = store.folder(numbers[-1])
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    return Newest(project, numbers[-1], folder, manifest, load_catalogue(project.packs).rules, store)

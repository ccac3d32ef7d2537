"""Small projects written by hand, cleaned once, with a link folder as ``renshe link`` writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from renshe.engine.comparing.compare import Comparison, compare
from renshe.engine.rounds.clean import clean
from renshe.standards.identity import id_check_char

Source = tuple[str, str, str]


def number(day: str, sequence: int = 12) -> str:
    """Return a valid number of somebody who was born on ``day`` (19640101)."""
    body = f"220802{day}{sequence:03d}"
    return body + id_check_char(body)


@dataclass
class World:
    """A project in the making: sources as (system, table, CSV) and who is who."""

    folder: Path
    sources: list[Source]
    groups: Sequence[Sequence[tuple[str, str]]] = ()
    units: Sequence[Sequence[tuple[str, str]]] = ()
    reviews: Sequence[tuple[str, str, str, str]] = ()
    as_of: str = "2021-05-31"
    toml: str = field(default="", init=False)

    def write(self) -> Path:
        """Write ``project.toml`` and the files."""
        self.folder.mkdir(parents=True)
        blocks = [f'[project]\nname = "比对样例"\nregion = "220800"\nas_of = {self.as_of}\n']
        for system, table, text in self.sources:
            name = f"{system}-{table}.csv"
            (self.folder / name).write_text(text.strip() + "\n", "utf-8")
            blocks.append(f'[[source]]\nsystem = "{system}"\ntable = "{table}"\nfile = "{name}"\n')
        (self.folder / "project.toml").write_text("\n".join(blocks), "utf-8")
        return self.folder

    def round(self) -> Path:
        """Make a round and link it; return the project."""
        if not self.folder.exists():
            self.write()
        self.link(clean(self.folder).folder)
        return self.folder

    def link(self, round_dir: Path) -> None:
        """Write ``link/`` beside the files of a round."""
        link = round_dir / "link"
        link.mkdir(exist_ok=True)
        for name, groups in (("clusters", self.groups), ("unit_clusters", self.units)):
            if groups or name == "clusters":
                rows = [(at, system, key) for at, group in enumerate(groups) for system, key in group]
                columns = {field: [row[at] for row in rows] for at, field in enumerate(_CLUSTERS.names)}
                pq.write_table(pa.table(columns, schema=_CLUSTERS), link / f"{name}.parquet")
        names = ("left_system", "left_key", "right_system", "right_key")
        links = {name: [one[at] for one in self.reviews] for at, name in enumerate(names)}
        links |= {"weight": [4.5] * len(self.reviews), "probability": [0.6] * len(self.reviews)}
        links |= {"decision": ["review"] * len(self.reviews), "why": ["姓名相同"] * len(self.reviews)}
        pq.write_table(pa.table(links, schema=_LINKS), link / "links.parquet")


_CLUSTERS = pa.schema([("cluster", pa.int64()), ("system", pa.string()), ("key", pa.string())])
_LINKS = pa.schema(
    [
        *((name, pa.string()) for name in ("left_system", "left_key", "right_system", "right_key")),
        ("weight", pa.float64()),
        ("probability", pa.float64()),
        ("decision", pa.string()),
        ("why", pa.string()),
    ]
)

Row = dict[str, Any]


def rows(found: Comparison, name: str = "differences") -> list[Row]:
    """Return the rows of a file of a comparison."""
    return pq.read_table(found.folder / f"{name}.parquet").to_pylist()


def of(found: Comparison, rule: str) -> list[Row]:
    """Return the differences of one kind."""
    return [row for row in rows(found) if row["rule"] == rule]


def only(found: Comparison, rule: str) -> Row:
    """Return the only difference of a kind."""
    [row] = of(found, rule)
    return row


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., World]:
    """Make a project of sources (system, table, CSV)."""

    def make(*sources: Source, **more: Any) -> World:
        return World(tmp_path_factory.mktemp("compare") / "项目", list(sources), **more)

    return make


def compared(project: Path, *systems: str, **more: Any) -> Comparison:
    """Compare two systems of a project."""
    return compare(project, *systems, **more)


def told(row: Mapping[str, Any], names: str) -> tuple[Any, ...]:
    """Return some columns of a row."""
    return tuple(row[name] for name in names.split())

"""Runs a few rules, given as YAML, over a few rows, through the real planner."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from renshe.engine.rules.catalogue import Catalogue, build_catalogue, read_rules
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.holdings import StagedSource
from renshe.engine.rules.runner import RunResult, run_rules
from renshe.engine.rules.stage_rows import stage_rows
from renshe.policy.parameters import ParameterBook
from renshe.standards.dictionary import table

HEAD = "severity: must_fix, class: logic, dimensions: [accuracy], source: 测试, remedy: 测试"
Rows = Mapping[tuple[str, str], list[Mapping[str, Any]]]


@pytest.fixture
def pack(tmp_path: Path) -> Callable[[str], Catalogue]:
    """A catalogue of the rules in a YAML text; ``HEAD`` in it stands for what every rule must say."""

    def build(text: str) -> Catalogue:
        file = tmp_path / "rules.yaml"
        file.write_text(text.replace("HEAD", HEAD), "utf-8")
        return build_catalogue(read_rules(file, file.name), text.encode())

    return build


Judge = Callable[..., tuple[set[tuple[str, str, int]], RunResult]]


@pytest.fixture
def judge(pack: Callable[[str], Catalogue]) -> Iterator[Judge]:
    """Judge rows {(table, system): rows} by a YAML text; return {(rule, table, row)} and the result."""
    connection = duckdb.connect(":memory:")

    def run(
        text: str,
        rows: Rows,
        *,
        params: list[Mapping[str, Any]] | None = None,
        present: frozenset[str] | None = None,
    ) -> tuple[set[tuple[str, str, int]], RunResult]:
        sources = [
            StagedSource(
                table=name,
                system=system,
                source_file=f"{system}-{name}",
                data=stage_rows(name, system, f"{system}-{name}", items, date(2021, 5, 31)),
                rows=len(items),
                present=present if present is not None else frozenset(table(name).names),
                untyped={field: 1 for item in items for field in item.get("raw", {})},
            )
            for (name, system), items in rows.items()
        ]
        dataset = Dataset(
            connection, sources, as_of=date(2021, 5, 31), region="220800", parameters=ParameterBook((), params or [])
        )
        result = run_rules(dataset, pack(text))
        found = connection.execute('SELECT rule, "table", source_row FROM findings').fetchall()
        return {(str(rule), str(name), int(row)) for rule, name, row in found}, result

    def messages() -> list[str]:
        return [str(text) for (text,) in connection.execute("SELECT message FROM findings ORDER BY 1").fetchall()]

    run.messages = messages  # type: ignore[attr-defined]
    yield run
    connection.close()

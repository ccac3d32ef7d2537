"""Thirty rows whose every expected finding was written by hand from the contracts, before the engine."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from renshe.engine.rounds.clean import RoundResult, clean

pytestmark = pytest.mark.xdist_group("golden")

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RoundResult:
    """One round of the golden project."""
    return clean(Path(shutil.copytree(HERE / "project", tmp_path_factory.mktemp("golden") / "project")))


def expected(name: str) -> list[dict[str, Any]]:
    with (HERE / "expected" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return [{key: value or None for key, value in row.items()} for row in csv.DictReader(stream)]


def rows(result: RoundResult, name: str) -> list[dict[str, Any]]:
    return pq.read_table(result.folder / f"{name}.parquet").to_pylist()


def identity(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["table"],
        row["field"],
        int(row["source_row"]),
        tuple(json.loads(row["key"])),
        row["value"],
        row["expected"],
        row["class"],
        row["related"],
    )


@pytest.mark.req("S0-27", "S1-21", "S1-28", "S1-33", "S1-34", part="detect")
def test_every_error_is_found_at_its_row_and_field_with_what_it_should_be(result: RoundResult) -> None:
    found = {identity(row) for row in rows(result, "findings")}
    missing = {identity(row) for row in expected("findings")} - found
    assert not missing


def test_nothing_else_must_be_mended(result: RoundResult) -> None:
    wrong = {(row["table"], int(row["source_row"])) for row in expected("findings")}
    strange = [
        row
        for row in rows(result, "findings")
        if row["severity"] == "must_fix" and (row["table"], row["source_row"]) not in wrong
    ]
    assert strange == []


def test_what_could_not_be_loaded_is_kept_with_line_and_text(result: RoundResult) -> None:
    found = [
        {"source_file": row["source_file"], "source_row": str(row["source_row"]), "raw": row["raw"]}
        for row in rows(result, "rejects")
    ]
    assert found == expected("rejects")


def test_standard_tables_hold_typed_values(result: RoundResult) -> None:
    people = {row["person_no"]: row for row in rows(result, "tables/person")}
    assert people["1001"]["birth_date"].isoformat() == "1985-03-12"
    assert people["1001"]["work_start_date"].isoformat() == "2008-07-01"
    assert people["1008"]["id_number"] == "220802200002290026"
    assert people["1001"]["sex"] == "1"
    enrolments = {row["person_no"]: row for row in rows(result, "tables/enrolment")}
    assert enrolments["1008"]["payer_kind"] == "flexible"
    assert enrolments["1001"]["insurance"] == "110"
    assert enrolments["1001"]["start_month"] == 200807
    fees = {row["source_row"]: row for row in rows(result, "tables/contribution")}
    assert fees[10]["raw"] == [("period", "2021-13")]
    assert str(fees[8]["base"]) == "-4000.00"


def test_the_manifest_counts_what_the_files_hold(result: RoundResult) -> None:
    manifest = result.manifest
    assert manifest["tables"] == {"unit": 2, "person": 9, "enrolment": 7, "contribution": 9}
    assert sum(manifest["findings"].values()) == len(rows(result, "findings"))
    assert manifest["controls"] == [
        {"table": "enrolment", "where": "insurance = '110' and status = '1'", "expected": 7, "actual": 7}
    ]
    assert manifest["unmatched_columns"][0]["column"] == "备注"

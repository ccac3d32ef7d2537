"""Numbers that lost digits are no identity numbers and no accounts; a month that may be two months is none."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from renshe.engine.rounds.clean import clean
from renshe.engine.staging.stage import StageTask, stage

ACCOUNT = 6217000010001234567
# Rounded to fifteen digits this one still passes its check digit.
BY_CHANCE = 110105194912310000


def staged(path: Path, table: str) -> list[dict[str, Any]]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    task = StageTask(
        table=table, system="pension", source_file=path.name, path=path, sha256=digest, as_of=date(2021, 5, 31)
    )
    return pq.read_table(stage(task, path.parent / "cache").rows).to_pylist()


def book(path: Path, rows: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("人员")
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                (sheet.write_string if isinstance(value, str) else sheet.write_number)(at, column, value)
    return path


def test_long_numbers_of_number_cells_stay_text_and_are_no_values(tmp_path: Path) -> None:
    rows = [
        ["个人编号", "社会保障号码", "银行账号"],
        ["1", float(BY_CHANCE), float(ACCOUNT)],
        ["2", "110105491231002", 15.0],
    ]
    first, second = staged(book(tmp_path / "a.xlsx", rows), "person")
    assert (first["id_number"], first["_id_state"], first["bank_account"]) == (None, None, None)
    assert dict(first["raw"]) == {"id_number": "110105194912310000", "bank_account": "6217000010001230000"}
    assert (second["id_number"], second["bank_account"], second["raw"]) == ("110105491231002", "15", None)


def test_doubles_lose_digits_and_whole_numbers_do_not(tmp_path: Path) -> None:
    table = pa.table(
        {"个人编号": ["1", "2"], "银行账号": pa.array([float(ACCOUNT), 1e14]), "证件号码": [BY_CHANCE, None]}
    )
    pq.write_table(table, tmp_path / "a.parquet")
    first, second = staged(tmp_path / "a.parquet", "person")
    assert first["bank_account"] is None and dict(first["raw"]) == {"bank_account": "6217000010001230000"}
    assert first["id_number"] == str(BY_CHANCE)
    assert second["bank_account"] == "100000000000000"


def test_a_month_2021_1_is_january_as_text_and_unknown_as_a_number(tmp_path: Path) -> None:
    rows = [["个人编号", "险种", "费款所属期"], ["1", "110", "2021.1"], ["1", "110", 2021.1], ["1", "110", 2021.11]]
    months = staged(book(tmp_path / "a.xlsx", rows), "contribution")
    assert [row["period"] for row in months] == [202101, None, 202111]
    assert dict(months[1]["raw"]) == {"period": "2021.1"}
    doubles = pa.table({"个人编号": ["1", "2"], "险种": ["110", "110"], "费款所属期": [2021.1, 2021.12]})
    pq.write_table(doubles, tmp_path / "a.parquet")
    assert [row["period"] for row in staged(tmp_path / "a.parquet", "contribution")] == [None, 202112]


def test_a_bare_year_is_a_period_only_where_people_pay_by_the_year(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "个人编号,险种,费款所属期\n1,170,2020\n2,390,２０２１\n3,110,2020\n4,170,20\n5,170,202001\n", "utf-8"
    )
    rows = staged(path, "contribution")
    assert [row["period"] for row in rows] == [202000, 202100, None, None, 202001]
    assert [dict(row["raw"] or []) for row in rows] == [{}, {}, {"period": "2020"}, {"period": "20"}, {}]


def test_amounts_of_more_than_two_decimals_are_never_rounded(tmp_path: Path) -> None:
    table = pa.table(
        {
            "个人编号": ["1", "2"],
            "险种": ["110", "110"],
            "缴费基数": pa.array([4000.005, 4000.25]),
            "个人应缴金额": ["320.005", "320.00"],
            "单位应缴金额": pa.array(["640.0001", "640.5000"]).cast(pa.decimal128(12, 4)),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    first, second = staged(tmp_path / "a.parquet", "contribution")
    assert dict(first["raw"]) == {"base": "4000.005", "person_due": "320.005", "unit_due": "640.0001"}
    assert [str(second[name]) for name in ("base", "person_due", "unit_due")] == ["4000.25", "320.00", "640.50"]


def test_a_number_that_lost_digits_is_one_finding_for_the_clerk(tmp_path: Path) -> None:
    rows = [["个人编号", "姓名", "社会保障号码", "银行账号"], ["1", "王建国", float(BY_CHANCE), "6217000010001234567"]]
    book(tmp_path / "人员.xlsx", rows)
    (tmp_path / "project.toml").write_text(
        '[project]\nname = "甲"\nregion = "220800"\nas_of = 2021-05-31\n'
        '[[source]]\nsystem = "pension"\ntable = "person"\nfile = "人员.xlsx"\n',
        "utf-8",
    )
    folder = clean(tmp_path).folder
    found = [f for f in pq.read_table(folder / "findings.parquet").to_pylist() if f["field"] == "id_number"]
    assert [(f["rule"], f["severity"], f["source_row"], f["value"]) for f in found] == [
        ("GEN-ROUNDED", "must_fix", 2, "110105194912310000")
    ]
    assert found[0]["message"] == "社会保障号码“110105194912310000”以数字存储，末位已丢失"

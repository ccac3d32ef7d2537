"""A template comes back: what fits is accepted, each cell that does not is named, whatever program saved it last."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.templates.conftest import as_ods, edit, fill, letters_of, template

from renshe.engine.sources.base import SourceError
from renshe.engine.staging.columns import ColumnError
from renshe.engine.staging.stage import Staged, StageTask, stage
from renshe.engine.templates.loading import check_template, report_path

GOOD = {"person_no": "0001", "id_number": "11010519491231002X", "name": "王建国", "sex": "1 男"}


def staged(path: Path, name: str = "person", sheet: str | None = None, **codes: dict[str, str]) -> Staged:
    task = StageTask(
        table=name,
        system="pension",
        source_file="人员模板.xlsx",
        path=path,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        as_of=date(2021, 5, 31),
        codes=codes,
        sheet=sheet,
    )
    return stage(task, path.parent / "cache")


def rejects(found: Staged) -> dict[int, str]:
    return {row["source_row"]: row["reason"] for row in pq.read_table(found.rejects).to_pylist()}


def loaded(found: Staged) -> list[dict[str, Any]]:
    return pq.read_table(found.rows).to_pylist()


@pytest.mark.req("S0-43")
@pytest.mark.parametrize(
    ("table", "wrong", "said"),
    [
        ("person", {"name": "长" * 65}, "“姓名”：超过 64 个字"),
        ("person", {"sex": "男女"}, "“性别”：不在代码表中，可填 1 男、2 女"),
        ("person", {"ethnicity": "99 外星族"}, "“民族”：不在代码表中，可填 01 汉族"),
        ("person", {"birth_date": "去年"}, "“出生日期”：应为日期"),
        ("person", {"birth_date": "2021-02-30"}, "“出生日期”：应为日期"),
        ("person", {"deemed_months": "三年"}, "“视同缴费月数”：应为整数"),
        ("person", {"deemed_months": 1.5}, "“视同缴费月数”：应为整数"),
        ("person", {"id_number": 110105194912310021}, "“社会保障号码”：应为文本"),
        ("person", {"bank_account": "#N/A"}, "“银行账号”：应为文本"),
        ("contribution", {"period": 202113}, "“费款所属期”：应为六位年月"),
        ("contribution", {"period": 2021}, "“费款所属期”：应为六位年月"),
        ("contribution", {"base": "4000.123"}, "“缴费基数”：应为金额"),
        ("contribution", {"unit_rate": "16"}, "“单位缴费比例”：应为比例"),
        ("account", {"year": "二一"}, "“年度”：应为四位年度"),
        ("benefit_payment", {"item": "养老金？"}, "“待遇项目”：不在代码表中"),
    ],
)
def test_a_cell_that_keeps_neither_type_length_nor_code_refuses_its_row_and_is_named(
    tmp_path: Path, table: str, wrong: dict[str, Any], said: str
) -> None:
    good = {"person_no": "0001"}
    path = fill(template(tmp_path / "表.xlsx", table), table, [good, good | wrong, good])
    found = staged(path, table)
    (field,) = wrong
    assert list(rejects(found)) == [4]
    assert rejects(found)[4].startswith(f"{letters_of(table, field)}4{said}")
    assert [row["source_row"] for row in loaded(found)] == [3, 5]
    assert (found.rows_loaded, found.rows_rejected) == (2, 1)
    assert found.untyped == {}
    assert found.unmapped == {}


def test_a_row_with_several_wrong_cells_names_them_all(tmp_path: Path) -> None:
    path = fill(template(tmp_path / "表.xlsx", "person"), "person", [GOOD | {"sex": "？", "birth_date": "？"}])
    reason = rejects(staged(path))[3]
    assert reason.count("；") >= 1
    assert "E3“性别”" in reason
    assert "H3“出生日期”" in reason


def test_what_a_clerk_may_well_write_is_accepted(tmp_path: Path) -> None:
    rows = [
        GOOD | {"birth_date": datetime(1949, 12, 31), "retired": "非离退休"},
        GOOD | {"birth_date": "1949.12.31", "sex": "1", "deemed_months": "36"},
        GOOD | {"birth_date": "1949年12月31日", "sex": " 男 ", "deemed_months": 36, "id_number": "11010519491231002x"},
        {"person_no": 17, "name": "只有编号和姓名"},
    ]
    found = staged(fill(template(tmp_path / "表.xlsx", "person"), "person", rows))
    assert rejects(found) == {}
    assert [row["birth_date"] for row in loaded(found)[:3]] == [date(1949, 12, 31)] * 3
    assert [row["sex"] for row in loaded(found)] == ["1", "1", "1", None]
    assert [row["id_number"] for row in loaded(found)[:3]] == ["11010519491231002X"] * 3
    assert loaded(found)[3]["person_no"] == "17"


def test_the_spellings_of_the_project_count_in_templates_too(tmp_path: Path) -> None:
    path = fill(template(tmp_path / "表.xlsx", "person"), "person", [GOOD | {"sex": "汉子"}])
    assert staged(path).rows_rejected == 1
    assert loaded(staged(path, sex={"汉子": "1"}))[0]["sex"] == "1"


def test_a_bare_year_is_a_period_where_people_pay_by_the_year(tmp_path: Path) -> None:
    rows = [
        {"person_no": "1", "insurance": "170", "period": 2021},
        {"person_no": "1", "insurance": "110", "period": 2021},
    ]
    found = staged(fill(template(tmp_path / "表.xlsx", "contribution"), "contribution", rows), "contribution")
    assert [row["period"] for row in loaded(found)] == [202100]
    assert list(rejects(found)) == [4]


@pytest.mark.parametrize("save", [lambda path: path, as_ods], ids=["xlsx", "ods"])
def test_a_formula_is_refused_by_its_cell(tmp_path: Path, save: Callable[[Path], Path]) -> None:
    rows = [GOOD, GOOD | {"deemed_months": "=12*3"}, GOOD, {"name": '="王"&"五"', "person_no": "=A3"}]
    found = staged(save(fill(template(tmp_path / "表.xlsx", "person"), "person", rows)))
    months, number, name = (letters_of("person", field) for field in ("deemed_months", "person_no", "name"))
    assert list(rejects(found)) == [4, 6]
    assert rejects(found)[4].startswith(f"{months}4“视同缴费月数”：是公式")
    assert f"{number}6“个人编号”：是公式" in rejects(found)[6]
    assert f"{name}6“姓名”：是公式" in rejects(found)[6]
    assert found.layout["notes"] == []
    assert found.rows_loaded == 2


def test_merged_cells_refuse_their_rows_and_blank_rows_are_no_rows(tmp_path: Path) -> None:
    rows = [GOOD, GOOD, GOOD | {"person_no": None}, {}, GOOD, {"name": "  "}]
    path = fill(template(tmp_path / "表.xlsx", "person"), "person", rows)
    found = staged(edit(path, lambda sheet: sheet.merge_cells("A4:A5")))
    assert rejects(found) == dict.fromkeys((4, 5), "第 4 至 5 行有上下合并的单元格，请取消合并并逐行填写")
    assert [row["source_row"] for row in loaded(found)] == [3, 7]


@pytest.mark.req("S0-3")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda sheet: sheet.insert_cols(3), None),
        (lambda sheet: sheet.delete_cols(5), "缺“*性别”（应在 E 列）"),
        (lambda sheet: sheet.__setitem__("AH2", "备注"), "多“备注”（AH2）"),
        (lambda sheet: sheet.__setitem__("AH5", "看这里"), "多“列AH”（AH2）"),
        (lambda sheet: sheet.__setitem__("D2", "名字"), "D2 应为“*姓名”，现为“名字”"),
        (
            lambda sheet: (sheet.__setitem__("D2", "*性别"), sheet.__setitem__("E2", "*姓名")),
            "“*性别”移到了 D 列，应在 E 列",
        ),
        (lambda sheet: sheet.delete_cols(33), "缺“行标识”"),
    ],
)
def test_changed_columns_refuse_the_file_with_every_difference(
    tmp_path: Path, change: Callable[[Any], None], said: str | None
) -> None:
    path = edit(fill(template(tmp_path / "表.xlsx", "person"), "person", [GOOD, GOOD, GOOD]), change)
    if said is None:  # an empty column between the others takes nothing away and adds nothing
        assert staged(path).rows_loaded == 3
        return
    with pytest.raises(ColumnError) as caught:
        staged(path)
    assert str(caught.value).startswith("人员模板.xlsx：列与模板不一致，共 1 处：")
    assert said in str(caught.value)
    assert not list((tmp_path / "cache").glob("*"))


def test_a_wrong_cell_behind_an_empty_column_is_named_where_it_stands(tmp_path: Path) -> None:
    path = fill(template(tmp_path / "表.xlsx", "person"), "person", [GOOD | {"sex": "？"}])
    assert rejects(staged(edit(path, lambda sheet: sheet.insert_cols(3))))[3].startswith("F3“性别”")


def test_a_template_of_another_table_is_refused(tmp_path: Path) -> None:
    path = fill(template(tmp_path / "表.xlsx", "person"), "person", [GOOD])
    with pytest.raises(ColumnError, match=r'是“人员”（person）的采集模板.*table 改为 "person"'):
        staged(path, "unit")


def test_a_sheet_that_only_helps_is_not_read_as_rows(tmp_path: Path) -> None:
    path = fill(template(tmp_path / "表.xlsx", "person"), "person", [GOOD])
    assert staged(path, sheet="人员采集表").rows_loaded == 1
    with pytest.raises(ColumnError, match="请删去 sheet"):
        staged(path, sheet="代码表")


def test_the_sheet_of_rows_may_be_renamed_and_is_missed_when_it_is_gone(tmp_path: Path) -> None:
    path = fill(template(tmp_path / "表.xlsx", "person"), "person", [GOOD])
    renamed = edit(path, lambda sheet: setattr(sheet, "title", "城南所"))
    assert staged(renamed).rows_loaded == 1
    book = openpyxl.load_workbook(renamed)
    book.create_sheet("另一张")["A1"] = "1"
    book.save(renamed)
    with pytest.raises(SourceError, match="人员采集表"):
        staged(renamed)


def test_other_sheets_of_the_template_are_no_news(tmp_path: Path) -> None:
    path = fill(template(tmp_path / "表.xlsx", "person"), "person", [GOOD])
    assert staged(path).layout["notes"] == []


ORDERED = [{"person_no": f"{at:04}", "name": f"王{at}"} for at in range(1, 7)]


def swap(sheet: Any, one: int, other: int) -> None:
    """Exchange two rows, the hidden key with them, as sorting does."""
    for column in range(1, sheet.max_column + 1):
        a, b = sheet.cell(one, column), sheet.cell(other, column)
        a.value, b.value = b.value, a.value


@pytest.mark.req("S0-32")
@pytest.mark.parametrize("save", [lambda path: path, as_ods], ids=["xlsx", "ods"])
def test_an_ordered_template_in_another_order_is_refused_with_the_first_moved_row(
    tmp_path: Path, save: Callable[[Path], Path]
) -> None:
    path = template(tmp_path / "表.xlsx", "person", ORDERED, ordered=True)
    assert staged(path).rows_loaded == 6
    with pytest.raises(
        ColumnError, match=r"从第 4 行起.*应是模板原第 4 行（它现在在第 7 行），现在却是模板原第 7 行"
    ) as caught:
        staged(save(edit(path, lambda sheet: swap(sheet, 4, 7))))
    assert str(caught.value).startswith("人员模板.xlsx：")


def test_rows_taken_out_of_or_put_into_an_ordered_template_are_named(tmp_path: Path) -> None:
    def copy(sheet: Any) -> None:
        for column in range(1, sheet.max_column + 1):
            sheet.cell(9, column).value = sheet.cell(4, column).value

    path = template(tmp_path / "表.xlsx", "person", ORDERED, ordered=True)
    for change, said in (
        (lambda sheet: sheet.delete_rows(5), "缺 1 行，第一处是模板原第 5 行"),
        (copy, "第 9 行与第 4 行是同一行（重复）"),
        (lambda sheet: (sheet.insert_rows(5), sheet.__setitem__("A5", "9")), "第 5 行不是模板发出的行"),
    ):
        again = tmp_path / "again.xlsx"
        again.write_bytes(path.read_bytes())
        with pytest.raises(ColumnError, match=said):
            staged(edit(again, change))


def test_new_rows_behind_the_published_ones_keep_the_order(tmp_path: Path) -> None:
    path = template(tmp_path / "表.xlsx", "person", ORDERED, ordered=True)
    assert staged(fill(path, "person", [GOOD], first=9)).rows_loaded == 7


def test_a_published_row_that_was_emptied_is_a_reject_not_a_person_without_anything(tmp_path: Path) -> None:
    path = template(tmp_path / "表.xlsx", "person", ORDERED)
    found = staged(fill(path, "person", [{"person_no": None, "name": None}], first=5))
    assert rejects(found) == {5: "模板原第 5 行的内容已被清空；请恢复，或删去整行"}
    assert found.rows_loaded == 5


@settings(max_examples=15)
@given(st.permutations(range(6)))
def test_rows_of_a_free_template_may_come_back_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    path = tmp_path_factory.mktemp("free") / "表.xlsx"
    template(path, "person", ORDERED)

    def sort(sheet: Any) -> None:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
        for at, place in enumerate(order, 3):
            for column, value in enumerate(rows[place], 1):
                sheet.cell(at, column).value = value

    found = staged(edit(path, sort))
    assert [row["person_no"] for row in loaded(found)] == [ORDERED[at]["person_no"] for at in order]


@pytest.mark.req("S0-42")
def test_the_load_report_lists_what_is_accepted_and_what_is_refused(tmp_path: Path) -> None:
    rows = [GOOD, GOOD | {"sex": "？", "name": None}, GOOD | {"name": None}]
    path = fill(template(tmp_path / "城南.xlsx", "person"), "person", rows)
    found = check_template(path)
    assert (found.read, found.accepted, [one.row for one in found.refused]) == (3, 2, [4])
    assert found.unfilled == {"姓名": 1, "出生日期": 2, "参加工作日期": 2}
    book = openpyxl.load_workbook(report_path(path))
    assert report_path(path).name == "城南-装载报告.xlsx"
    summary = {row[0].value: row[1].value for row in book["概况"].iter_rows()}
    assert summary["接收"].startswith("2 行")
    assert summary["拒收"].startswith("1 行")
    refused = [[cell.value for cell in row] for row in book["拒收的行"].iter_rows()]
    assert refused[1][:2] == [4, "E4“性别”：不在代码表中，可填 1 男、2 女、9 未说明的性别"]
    marked = [cell.column for cell in book["拒收的行"][2] if cell.fill.fgColor.rgb == "FFF8DDD8"]
    assert marked == [7]
    accepted = [[cell.value for cell in row] for row in book["接收的行"].iter_rows()]
    assert [row[:2] for row in accepted[1:]] == [[3, "0001"], [5, "0001"]]
    assert accepted[1][accepted[0].index("性别")] == "1"


def test_what_is_no_template_has_no_load_report(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "姓名"
    book.save(tmp_path / "名单.xlsx")
    with pytest.raises(SourceError, match=r"名单\.xlsx：不是采集模板"):
        check_template(tmp_path / "名单.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["名单.xlsx"]


@pytest.mark.parametrize("suffix", ["xlsx", "ods", "xls"])
def test_a_template_saved_by_libreoffice_reads_the_same(
    tmp_path: Path, libreoffice: Callable[[Path, str], Path], suffix: str
) -> None:
    rows = [GOOD | {"birth_date": date(1949, 12, 31)}, GOOD | {"sex": "？"}, GOOD | {"deemed_months": "=12*3"}, GOOD]
    path = fill(template(tmp_path / "表.xlsx", "person", ORDERED[:4], ordered=True), "person", rows)
    found = staged(libreoffice(path, suffix))
    first = staged(path)
    assert rejects(found) == rejects(first)
    assert list(rejects(found)) == [4, 5]
    told = [{key: value for key, value in row.items() if key != "source_file"} for row in loaded(found)]
    assert told == [{key: value for key, value in row.items() if key != "source_file"} for row in loaded(first)]
    swapped = edit(path, lambda sheet: swap(sheet, 3, 6))
    with pytest.raises(ColumnError, match=r"从第 3 行起.*现在却是模板原第 6 行"):
        staged(libreoffice(swapped, suffix))

"""A bureau of one's own begins from a workbook: all of it or nothing, what is wrong told cell by cell."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from openpyxl import load_workbook
from tests.core.org.bureau import NEXT_YEAR, make

from renshe.core.errors import BusinessError
from renshe.core.org import totp
from renshe.core.org.actor import actor_of
from renshe.core.org.data import settled
from renshe.core.org.founding import LASTS, Key, bureau_found
from renshe.core.org.founding_book import FoundingError, plan_read, template_write
from renshe.core.org.models import Agency, Department, Grant, Holding, Network, Operator, Post, Region
from renshe.core.org.operations import operations
from renshe.core.org.rights import may
from renshe.core.org.signing_in import sign_in

HEAD = 2


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "建局表.xlsx"
    template_write(path)
    return path


def change(path: Path, sheet: str, row: int, **cells: Any) -> Path:
    """Type ``cells`` over in a row of examples (from 1; behind the last: a new row)."""
    book = load_workbook(path)
    page = book[sheet]
    columns = {cell.value: cell.column for cell in page[HEAD]}
    for header, value in cells.items():
        page.cell(HEAD + row, columns[header]).value = value
    book.save(path)
    return path


def founded(path: Path) -> dict[str, Key]:
    kept: list[Key] = []
    bureau_found(plan_read(path), kept.extend)
    return {key.worker.number: key for key in kept}


def test_what_is_handed_out_can_be_put_in_place_and_everybody_comes_in(db: None, book: Path) -> None:
    keys = founded(book)
    told = settled("founding")["rows"]
    counts = [model.objects.count() for model in (Region, Agency, Post, Operator, Network)]
    assert counts == [len(told[name]) for name in ("地区", "机构", "岗位", "人员", "网络")]
    assert Agency.objects.get(number="J0002").parent == Agency.objects.get(number="J0001")
    assert Department.objects.count() == 2 * len(settled("departments"))
    assert Holding.objects.get(operator__number="A003").operator.department.kind == "planning"
    granted = set(Grant.objects.values_list("operation", flat=True))
    assert {one.name for one in operations() if not one.name.startswith(("toys.", "shop.", "t."))} <= granted
    assert set(Grant.objects.values_list("valid_until", flat=True)) == {timezone.localdate() + LASTS}
    assert keys["A001"].telephone is None
    assert sign_in(number="A001", password=keys["A001"].password, address="127.0.0.1").actor.agency == "J0002"
    assert keys["A002"].telephone is not None
    [secret] = parse_qs(urlsplit(keys["A002"].telephone).query)["secret"]
    code = totp.code_at(secret, int(time.time()) // totp.STEP)
    assert sign_in(number="A002", password=keys["A002"].password, code=code, address="127.0.0.1")
    assert may(actor_of("A001"), "org.grant.apply", "000101") and not may(actor_of("A001"), "org.grant.apply", "000100")


def test_a_bureau_begins_once(db: None, book: Path) -> None:
    make()
    before = Operator.objects.count()
    with pytest.raises(BusinessError, match="这里已经有机构"):
        founded(book)
    assert Operator.objects.count() == before


def test_where_nobody_learns_how_to_come_in_nothing_is_there(db: None, book: Path) -> None:
    def full(keys: list[Key]) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError):
        bureau_found(plan_read(book), full)
    assert not Agency.objects.exists() and not Region.objects.exists() and not Operator.objects.exists()


@pytest.mark.parametrize(
    ("sheet", "row", "cells", "said"),
    [
        ("地区", 2, {"上级代码": "999999"}, "地区第 4 行 上级代码“999999”：表中没有这个地区"),
        ("地区", 3, {"代码": "县"}, "地区第 5 行 代码“县”：代码应为不超过 12 位的数字"),
        ("地区", 3, {"上级代码": ""}, "只能有一个最高的地区"),
        ("地区", 3, {"代码": "000100"}, "地区第 5 行 代码“000100”：与地区第 4 行相同"),
        ("机构", 1, {"类别": "养老"}, "机构第 3 行 类别“养老”：应为"),
        ("机构", 1, {"地区代码": "1"}, "机构第 3 行 地区代码“1”：地区表中没有"),
        ("机构", 1, {"上级机构编号": "J0002"}, "机构第 3 行 上级机构编号“J0002”：应为上级地区的机构"),
        ("岗位", 1, {"岗位组": "办事"}, "岗位第 3 行 岗位组“办事”：应为"),
        ("岗位", 1, {"科室": "办公室"}, "岗位第 3 行 科室“办公室”：应为"),
        ("人员", 1, {"岗位编码": "entry、check"}, "“经办岗”与“复核岗”不能由一人兼任（经办与复核分离）"),
        ("人员", 1, {"岗位编码": "x"}, "人员第 3 行 岗位编码“x”：岗位表中没有"),
        ("人员", 1, {"机构编号": "J9"}, "人员第 3 行 机构编号“J9”：机构表中没有"),
        ("人员", 1, {"身份证号": "22080219650312017X"}, "人员第 3 行 身份证号“末四位 017X”：位数或校验码不符"),
        ("人员", 1, {"姓名": ""}, "人员第 3 行 姓名“”：没有填写"),
        ("人员", 2, {"工号": "A001"}, "人员第 4 行 工号“A001”：与人员第 3 行相同"),
        ("人员", 4, {"岗位编码": "audit"}, "没有人在“信息”岗位，以后的权限没有人开通"),
        ("人员", 2, {"临时人员截止日期": "2099-06-31"}, "人员第 4 行 临时人员截止日期“2099-06-31”：应为今天以后的日期"),
        ("人员", 2, {"临时人员截止日期": str(NEXT_YEAR)}, "临时人员只能任经办类岗位"),
        ("网络", 1, {"网段": "10.0.0.1/8"}, "网络第 3 行 网段“10.0.0.1/8”：应写成"),
    ],
)
def test_what_cannot_be_put_in_place_is_told_with_its_place(
    book: Path, sheet: str, row: int, cells: dict[str, str], said: str
) -> None:
    with pytest.raises(FoundingError, match="什么都没有建立") as refused:
        plan_read(change(book, sheet, row, **cells))
    assert any(said in fault for fault in refused.value.faults), refused.value.faults


def test_one_person_has_one_account(book: Path) -> None:
    change(book, "人员", 1, 身份证号="220802196503120173")
    change(book, "人员", 2, 身份证号="220802196503120173")
    with pytest.raises(FoundingError) as refused:
        plan_read(book)
    assert refused.value.faults == ("人员：身份证号末四位 0173 出现了两次",)


def test_numbers_that_a_spreadsheet_made_of_codes_are_read_as_codes(book: Path) -> None:
    change(book, "地区", 4, 代码=101001, 名称="某镇", 上级代码="000101")
    assert plan_read(book).regions[-1].code == "101001"


def test_what_is_no_such_workbook_is_refused(tmp_path: Path, book: Path) -> None:
    (tmp_path / "x.xlsx").write_text("x")
    for path in (tmp_path / "x.xlsx", tmp_path / "none.xlsx"):
        with pytest.raises(BusinessError, match="不能读取"):
            plan_read(path)
    renamed = load_workbook(book)
    renamed["网络"].title = "网"
    renamed.save(book)
    with pytest.raises(FoundingError) as refused:
        plan_read(book)
    assert refused.value.faults == ("没有工作表“网络”",)
    for path in (book, tmp_path / "a.csv"):
        with pytest.raises(BusinessError, match="还不存在"):
            template_write(path)

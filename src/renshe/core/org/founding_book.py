"""建局表: the workbook in which an agency writes down what its bureau begins with, handed out and read back.

Rule: who fills it in is no programmer. Each sheet has its headers, a line that says how, and choices where there are
some; what is wrong is told cell by cell, all of it at once, and then nothing is put in place.

Invariant: a plan that is returned can be put in place; it names everybody whom the first applications for rights need.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import combinations
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from renshe.core.errors import BusinessError
from renshe.core.org.data import settled
from renshe.core.org.kinds import AgencyKind
from renshe.core.org.plan import Duty, Office, Place, Plan, Worker
from renshe.standards.identity import is_valid_id_number

SHEETS: Mapping[str, Sequence[str]] = {
    "地区": ("代码", "名称", "上级代码"),
    "机构": ("机构编号", "名称", "类别", "地区代码", "上级机构编号"),
    "岗位": ("岗位编码", "名称", "岗位组", "科室"),
    "人员": ("工号", "姓名", "身份证号", "机构编号", "科室", "岗位编码", "临时人员截止日期"),
    "网络": ("网段", "名称", "地区代码"),
}
_HINTS = {
    "地区": "从省级写起，到本地管辖的乡镇、村为止；省级的上级代码留空",
    "机构": "管辖所在地区及以下；数据修改由上一级机构审核审批，需要在本系统办理的也写上",
    "岗位": "每个机构都有这些岗位；岗位组决定能办什么，录入、复核、审批、信息管理不能由一人兼任",
    "人员": "一人几个岗位用顿号隔开；身份证号只留摘要，用来防止一人两个账户，可以不填；临时人员写明截止日期",
    "网络": "只能从这里写明的网络登录，例如 10.22.0.0/16；只在本机使用的写 127.0.0.1/32",
}
_NEEDED = {
    "entry": "申请",
    "check": "审核",
    "approve": "批准",
    "information": "开通",
}
"""Without whom no right can be applied for any more: the four steps."""

Row = tuple[str, dict[str, str]]
"""Where a row stands (``人员第 5 行``), and its cells by header."""


class FoundingError(BusinessError):
    """A workbook that cannot be put in place; ``faults``: each with its place."""

    def __init__(self, file: Path, faults: Sequence[str]) -> None:
        super().__init__("org.founding", file=file, count=len(faults))
        self.faults = tuple(faults)


def template_write(path: Path) -> None:
    """Write the workbook to be filled in to ``path``, with the posts that every bureau needs."""
    if path.suffix.lower() != ".xlsx" or path.exists():
        raise BusinessError("org.founding_path", file=path)
    told = settled("founding")
    with xlsxwriter.Workbook(path) as book:
        head = book.add_format({"bold": True, "bg_color": "#E4EBEE", "border": 1, "border_color": "#B9C4C9"})
        hint = book.add_format({"font_color": "#5A6A72", "text_wrap": True, "valign": "top"})
        text = book.add_format({"num_format": "@"})
        for name, headers in SHEETS.items():
            sheet = book.add_worksheet(name)
            sheet.merge_range(0, 0, 0, len(headers) - 1, _HINTS[name], hint)
            sheet.set_row(0, 32)
            sheet.write_row(1, 0, headers, head)
            sheet.set_column(0, len(headers) - 1, 22, text)
            sheet.freeze_panes(2, 0)
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
            for at, row in enumerate(told["rows"].get(name, ()), 2):
                sheet.write_row(at, 0, row, text)
            for column, choices in _choices(headers):
                sheet.data_validation(2, column, 2000, column, {"validate": "list", "source": choices})


def plan_read(path: Path) -> Plan:
    """Return what the workbook at ``path`` says; FoundingError where something cannot be put in place."""
    try:
        book = CalamineWorkbook.from_path(path)
        pages = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except (OSError, CalamineError) as error:
        raise BusinessError("org.founding_unreadable", file=path, why=str(error).splitlines()[0]) from None
    if faults := [f"没有工作表“{name}”" for name in SHEETS if name not in pages]:
        raise FoundingError(path, faults)
    found = _Found()
    rows = {name: list(_rows(found, name, pages[name])) for name in SHEETS}
    plan = Plan(
        found.regions(rows["地区"]),
        found.agencies(rows["机构"]),
        found.posts(rows["岗位"]),
        found.people(rows["人员"]),
        found.networks(rows["网络"]),
    )
    if found.faults:
        raise FoundingError(path, found.faults)
    return plan


def _choices(headers: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the columns of which something is chosen, with what."""
    for column, header in enumerate(headers):
        if header == "类别":
            yield column, list(AgencyKind.labels)
        elif header == "岗位组":
            yield column, list(_groups())
        elif header == "科室":
            yield column, list(_departments())


def _groups() -> dict[str, str]:
    return {one["name"]: one["code"] for one in settled("groups")["groups"]}


def _departments() -> dict[str, str]:
    return {one["name"]: one["kind"] for one in settled("departments")}


def _text(cell: Any) -> str:
    """Return a cell as people read it: a code that a spreadsheet took for a number has no decimal point."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, dt.datetime):
        cell = cell.date()
    return str(cell).strip()


def _rows(found: _Found, name: str, page: list[list[Any]]) -> Iterator[Row]:
    """Yield the rows of a sheet that say something."""
    headers = SHEETS[name]
    at = next((at for at, row in enumerate(page) if headers[0] in map(_text, row)), None)
    if at is None:
        found.faults.append(f"{name}：没有标题“{headers[0]}”所在的行")
        return
    places = {header: column for column, header in enumerate(map(_text, page[at]))}
    if missing := [one for one in headers if one not in places]:
        found.faults.append(f"{name}：没有列“{'”“'.join(missing)}”")
        return
    for number, row in enumerate(page[at + 1 :], at + 2):
        told = {one: _text(row[places[one]]) for one in headers}
        if any(told.values()):
            yield f"{name}第 {number} 行", told


@dataclass
class _Found:
    """What was read so far, and what is wrong with it."""

    faults: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    offices: dict[str, str] = field(default_factory=dict)
    duties: dict[str, Duty] = field(default_factory=dict)

    def regions(self, rows: list[Row]) -> tuple[Place, ...]:
        """Return the regions, those above first."""
        waiting = {told["代码"]: (at, told) for at, told in self._once(rows, "代码")}
        made: list[Place] = []
        while ready := [
            code for code, (_, told) in waiting.items() if not told["上级代码"] or told["上级代码"] in self.places
        ]:
            for code in ready:
                at, told = waiting.pop(code)
                self.places[code] = self.places.get(told["上级代码"], 0) + 1
                self._must(at, "代码", code, bool(re.fullmatch(r"[0-9]{1,12}", code)), "代码应为不超过 12 位的数字")
                self._must(at, "名称", told["名称"], bool(told["名称"]), "没有填写")
                self._must(at, "上级代码", told["上级代码"], self.places[code] <= 5, "村级以下不再有地区")
                made.append(Place(code, told["名称"], told["上级代码"] or None))
        for at, told in waiting.values():
            self.faults.append(f"{at} 上级代码“{told['上级代码']}”：表中没有这个地区，请补上或者更正")
        if sum(one.parent is None for one in made) > 1:
            self.faults.append("地区：只能有一个最高的地区（上级代码留空的）")
        return tuple(made)

    def agencies(self, rows: list[Row]) -> tuple[Office, ...]:
        """Return the agencies, those above first."""
        kinds = dict(zip(AgencyKind.labels, AgencyKind.values, strict=True))
        made = []
        for at, told in self._once(rows, "机构编号"):
            number = told["机构编号"]
            self._must(at, "机构编号", number, len(number) <= 20, "不超过 20 个字")
            self._must(at, "名称", told["名称"], bool(told["名称"]), "没有填写")
            self._must(at, "类别", told["类别"], told["类别"] in kinds, f"应为{'、'.join(kinds)}之一")
            self._must(at, "地区代码", told["地区代码"], told["地区代码"] in self.places, "地区表中没有")
            self.offices[number] = told["地区代码"]
            made.append((at, told))
        for at, told in made:
            above = told["上级机构编号"]
            level, higher = (self.places.get(self.offices.get(one, ""), 0) for one in (told["机构编号"], above))
            self._must(at, "上级机构编号", above, not above or 0 < higher < level, "应为上级地区的机构")
        if not made:
            self.faults.append("机构：一个机构也没有")
        made.sort(key=lambda one: self.places.get(one[1]["地区代码"], 0))
        return tuple(
            Office(
                told["机构编号"], told["名称"], kinds.get(told["类别"], ""), told["地区代码"],
                told["上级机构编号"] or None,
            )
            for _, told in made
        )  # fmt: skip

    def posts(self, rows: list[Row]) -> tuple[Duty, ...]:
        """Return the posts."""
        groups, departments = _groups(), _departments()
        for at, told in self._once(rows, "岗位编码"):
            self._must(at, "名称", told["名称"], bool(told["名称"]), "没有填写")
            self._must(at, "岗位组", told["岗位组"], told["岗位组"] in groups, f"应为{'、'.join(groups)}之一")
            known = not told["科室"] or told["科室"] in departments
            self._must(at, "科室", told["科室"], known, f"应为{'、'.join(departments)}之一，或者留空")
            self.duties[told["岗位编码"]] = Duty(
                told["岗位编码"], told["名称"], groups.get(told["岗位组"], ""), departments.get(told["科室"])
            )
        return tuple(self.duties.values())

    def people(self, rows: list[Row]) -> tuple[Worker, ...]:
        """Return the people."""
        made = [self._worker(at, told) for at, told in self._once(rows, "工号")]
        known = [one.id_number for one in made if one.id_number]
        self.faults += [f"人员：身份证号末四位 {one[-4:]} 出现了两次" for one in set(known) if known.count(one) > 1]
        held = {self.duties[code].group for one in made for code in one.posts if code in self.duties}
        names = {code: name for name, code in _groups().items()}
        self.faults += [
            f"人员：没有人在“{names[group]}”岗位，以后的权限没有人{deed}，请至少写一名"
            for group, deed in _NEEDED.items()
            if group not in held
        ]
        return tuple(made)

    def networks(self, rows: list[Row]) -> tuple[tuple[str, str, str], ...]:
        """Return the networks from which people come in."""
        made = []
        for at, told in self._once(rows, "网段"):
            self._must(at, "网段", told["网段"], _is_network(told["网段"]), "应写成 10.22.0.0/16 的样子")
            self._must(at, "地区代码", told["地区代码"], told["地区代码"] in self.places, "地区表中没有")
            made.append((told["网段"], told["名称"] or told["网段"], told["地区代码"]))
        if not made:
            self.faults.append("网络：一个也没有写，谁也不能登录；只在本机使用的写 127.0.0.1/32")
        return tuple(made)

    def _worker(self, at: str, told: dict[str, str]) -> Worker:
        posts = tuple(one for one in re.split(r"[、，,;；\s]+", told["岗位编码"]) if one)
        departments = _departments()
        self._must(
            at, "工号", told["工号"], ":" not in told["工号"] and len(told["工号"]) <= 20, "不能有冒号，不超过 20 个字"
        )
        self._must(at, "姓名", told["姓名"], bool(told["姓名"]), "没有填写")
        self._must(at, "机构编号", told["机构编号"], told["机构编号"] in self.offices, "机构表中没有")
        known = not told["科室"] or told["科室"] in departments
        self._must(at, "科室", told["科室"], known, f"应为{'、'.join(departments)}之一，或者留空")
        number = told["身份证号"].upper()
        self._must(
            at, "身份证号", f"末四位 {number[-4:]}", not number or is_valid_id_number(number), "位数或校验码不符"
        )
        self._must(at, "岗位编码", told["岗位编码"], bool(posts), "没有填写")
        for code in posts:
            self._must(at, "岗位编码", code, code in self.duties, "岗位表中没有")
        own = [self.duties[code] for code in posts if code in self.duties]
        for one, other in combinations(own, 2):
            if ground := _apart(one.group, other.group):
                self.faults.append(f"{at} 岗位编码：“{one.name}”与“{other.name}”不能由一人兼任（{ground}）")
        inside = {one.department for one in own if one.department} | {departments.get(told["科室"])} - {None}
        if len(inside) > 1:
            self.faults.append(f"{at} 科室：岗位分属不同科室，或者与所写的科室不同")
        until = _day(told["临时人员截止日期"])
        if told["临时人员截止日期"]:
            self._must(
                at, "临时人员截止日期", told["临时人员截止日期"], _later(until), "应为今天以后的日期，如 2027-06-30"
            )
            if any("entry" not in _kinds(one.group) for one in own):
                self.faults.append(f"{at} 岗位编码：临时人员只能任经办类岗位")
        return Worker(
            told["工号"], told["姓名"], told["机构编号"], posts, departments.get(told["科室"]), until, number or None
        )

    def _once(self, rows: list[Row], key: str) -> Iterator[Row]:
        """Yield the rows that have a ``key`` of their own."""
        seen: dict[str, str] = {}
        for at, told in rows:
            if not told[key]:
                self.faults.append(f"{at} {key}：没有填写")
            elif told[key] in seen:
                self.faults.append(f"{at} {key}“{told[key]}”：与{seen[told[key]]}相同")
            else:
                seen[told[key]] = at
                yield at, told

    def _must(self, at: str, header: str, value: str, right: bool, said: str) -> None:
        if not right:
            self.faults.append(f"{at} {header}“{value}”：{said}")


def _apart(one: str, other: str) -> str | None:
    """Return why posts of two groups are not held by one person, where they must not be."""
    return next(
        (rule["ground"] for rule in settled("groups")["conflicts"] if {one, other} == set(rule["groups"])), None
    )


def _kinds(group: str) -> list[str]:
    kinds: list[str] = next((one["kinds"] for one in settled("groups")["groups"] if one["code"] == group), [])
    return kinds


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _later(day: dt.date | None) -> bool:
    return day is not None and dt.date.today() < day <= dt.date.today() + dt.timedelta(days=3660)

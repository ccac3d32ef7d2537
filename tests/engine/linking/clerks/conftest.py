"""A small project of three systems whose people are known one by one, and a clerk's hands."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from renshe.engine.decisions.log import Decision, read_decisions
from renshe.engine.linking.linking import LinkResult, link
from renshe.engine.mending.entering import enter
from renshe.engine.rounds.clean import clean
from renshe.standards.identity import id_check_char

SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗"
GIVEN = ("建国", "秀英", "海燕", "志强", "桂兰")
TOML = """
[project]
name = "某市<关联>"
region = "220800"
as_of = 2021-05-31
"""
SOURCE = """
[[source]]
system = "{system}"
table = "{table}"
file = "{system}-{table}.csv"
"""
PERSON = ("person_no", "name", "id_number", "sex", "birth_date", "unit_no", "phone", "address")
LABELS = ("个人编号", "姓名", "证件号码", "性别", "出生日期", "单位编号", "联系电话", "联系地址")


def id_number(birth: str, serial: int, region: str = "220802") -> str:
    """A valid identity number; an odd serial is a man's."""
    head = f"{region}{birth}{serial:03d}"
    return head + id_check_char(head)


@dataclass(frozen=True)
class Person:
    """A record as a system has it."""

    number: str
    name: str
    id_number: str
    birth: str
    sex: str = "1"
    unit: str = "U1"
    phone: str = ""
    address: str = ""

    def row(self) -> list[str]:
        birth = f"{self.birth[:4]}-{self.birth[4:6]}-{self.birth[6:]}" if self.birth else ""
        sex = {"1": "男", "2": "女"}[self.sex]
        return [self.number, self.name, self.id_number, sex, birth, self.unit, self.phone, self.address]


def plain(at: int) -> tuple[str, str, str, str]:
    """Name, number, birth and sex of the ``at``-th of the plain people."""
    birth = f"{1950 + at % 40}{at % 12 + 1:02d}{at % 27 + 1:02d}"
    serial = 11 + 2 * at
    return f"{SURNAMES[at % 20]}{GIVEN[at // 20]}", id_number(birth, serial), birth, "1"


def people() -> dict[str, list[Person]]:
    """Who is in which system: 60 plain people in pension and medical, of whom police knows 40; and the odd ones.

    Odd: D1 is P0 again in pension; M60 is P60 with a digit wrong; T1 and T2 share name and birth, but their numbers,
    both valid, differ by a day; W1 and W2 may be twins; X1 and X2 share name and field of birth, but their numbers,
    both valid, say two births and two sexes.
    """
    systems: dict[str, list[Person]] = {"pension": [], "medical": [], "police": []}
    for at in range(60):
        name, number, birth, sex = plain(at)
        unit, phone = f"U{at % 6}", f"138{at:08d}"
        systems["pension"].append(Person(f"P{at}", name, number, birth, sex, unit, phone))
        systems["medical"].append(Person(f"M{at}", name, number, birth, sex, unit, phone, "白城市洮北区幸福街 1 号"))
        if at < 40:
            systems["police"].append(Person(f"G{at}", name, number, birth, sex))
    first = systems["pension"][0]
    systems["pension"].append(Person("D1", first.name, first.id_number, first.birth, first.sex, "U0", first.phone))
    right = id_number("19710203", 101)
    wrong = right[:9] + str((int(right[9]) + 1) % 10) + right[10:]
    systems["pension"].append(Person("P60", "欧阳振华", right, "19710203", "1", "U2", "13900000001"))
    systems["medical"].append(Person("M60", "欧阳振华", wrong, "19710203", "1", "U2", "13900000001"))
    for number, birth, serial, system in (("T1", "19660606", 202, "pension"), ("T2", "19660607", 346, "medical")):
        given = id_number(birth, serial)
        systems[system].append(Person(number, "慕容雪梅", given, "19660606", "2", "U3", "13900000002"))
    old = id_number("19550505", 503)
    for number, name, given, system in (
        ("W1", "司徒晓光", id_number("19550505", 501), "pension"),
        ("W2", "司徒晓明", old[:6] + old[8:17], "medical"),
    ):
        systems[system].append(Person(number, name, given, "19550505", "1", "U5", "13900000004"))
    for number, birth, serial, system in (("X1", "19800101", 301, "pension"), ("X2", "19750909", 402, "medical")):
        given = id_number(birth, serial)
        systems[system].append(Person(number, "上官文静", given, "19800101", "2", "U4", "13900000003"))
    return systems


def write_project(folder: Path, systems: Mapping[str, list[Person]]) -> Path:
    """Write the files of a project."""
    folder.mkdir(parents=True)
    toml = TOML
    for system, rows in systems.items():
        toml += SOURCE.format(system=system, table="person")
        write_rows(folder / f"{system}-person.csv", LABELS, [one.row() for one in rows])
    toml += SOURCE.format(system="pension", table="unit")
    units = [[f"U{at}", f"白城市第{at}机械厂"] for at in range(6)]
    write_rows(folder / "pension-unit.csv", ("单位编号", "单位名称"), units)
    (folder / "project.toml").write_text(toml, "utf-8")
    return folder


def write_rows(path: Path, header: tuple[str, ...], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


@pytest.fixture(scope="session")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after its first round and link; nobody writes into it."""
    project = write_project(tmp_path_factory.mktemp("linking") / "project", people())
    clean(project)
    link(project)
    return project


@pytest.fixture
def project(linked: Path, tmp_path: Path) -> Path:
    """A copy of the project for one test."""
    return Path(shutil.copytree(linked, tmp_path / "project"))


def link_folder(project: Path, number: int = 1) -> Path:
    return project / "rounds" / f"{number:04d}" / "link"


def links(project: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The links of the first round, by both numbers in order."""
    rows = duckdb.sql(f"FROM read_parquet('{link_folder(project)}/links.parquet')").to_arrow_table().to_pylist()
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        left, right = sorted((row["left_key"], row["right_key"]))
        found[left, right] = row
    return found


def cluster_of(project: Path) -> dict[str, str]:
    """The cluster of every number."""
    return dict(
        duckdb.sql(f"SELECT key, cluster FROM read_parquet('{link_folder(project)}/clusters.parquet')").fetchall()
    )


SYSTEM = {"P": "pension", "D": "pension", "T1": "pension", "X1": "pension", "W1": "pension", "G": "police"}


def system_of(number: str) -> str:
    return SYSTEM.get(number, SYSTEM.get(number[0], "medical"))


@pytest.fixture
def say(project: Path) -> Callable[..., str]:
    """Write an answer on two numbers into the log as by two clerks; returns its id."""

    def answer(one: str, other: str, kind: str, table: str = "person") -> str:
        sides = ("medical", "pension") if table == "unit" else (system_of(one), system_of(other))
        (a, x), (b, y) = sorted(zip(sides, (one, other), strict=True))
        told = Decision(
            id="", at="", by="张三", kind=kind, checked_by="李四", table=table, system=a, key=json.dumps([x]),
            related=json.dumps([b, y]), ground="户口簿", source="list",
        )  # fmt: skip
        _, [entered] = enter(project, read_decisions(project), "核实", [told])
        return entered.id

    return answer


@pytest.fixture
def again(project: Path) -> Callable[[], LinkResult]:
    """Link the project once more."""
    return lambda: link(project)


class Sheet:
    """A list of a workbook in a clerk's hands."""

    def __init__(self, path: Path, at: int = 1) -> None:
        self.book = openpyxl.load_workbook(path)
        self.sheet = self.book.worksheets[at]
        self.columns = {str(cell.value): int(cell.column) for cell in self.sheet[1]}

    @property
    def rows(self) -> range:
        return range(2, self.sheet.max_row + 1)

    def text(self, row: int, column: str) -> Any:
        return self.sheet.cell(row, self.columns[column]).value

    def fill(self, row: int, **values: Any) -> None:
        for column, value in values.items():
            self.sheet.cell(row, self.columns[column]).value = value

    def row_of(self, *numbers: str) -> int:
        """The row of the pair of these numbers."""
        return next(
            row for row in self.rows if {self.text(row, "个人编号甲"), self.text(row, "个人编号乙")} == set(numbers)
        )

    def save(self, path: Path) -> Path:
        self.book.save(path)
        return path

"""A small agency whose people have several numbers, links written by hand, a clerk who agrees to what is planned."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from renshe.engine.decisions.log import Decision, read_decisions
from renshe.engine.decisions.terms import AGREED, Contact
from renshe.engine.mending.entering import enter
from renshe.engine.mending.newest import open_newest
from renshe.engine.merging.plan import Listed, PairPlan, links_of, planned
from renshe.engine.rounds import clean as rounds
from renshe.engine.rounds.clean import RoundResult, clean
from renshe.engine.rounds.store import Store

CONTACT = Contact("2026-01-05", "李经办", AGREED)
ID_ONE, ID_OTHER, ID_OLD = "220802196008150033", "220802198105230034", "220802600815003"
HEADS = {
    "person": "个人编号,证件号码,姓名,性别,出生日期,档案出生日期,单位编号,联系电话,行政区划代码,经办日期,冻结封存标志",
    "enrolment": "个人编号,险种类型,单位编号,开始日期,终止日期,缴费状态",
    "contribution": "AAC001,AAB001,AAE140,AAE003,AAE143,AAE180,AAE020,AAE022,AAE080,AAE082,AAE078,记录流水号",
    "benefit": "待遇编号,个人编号,险种,待遇项目,待遇开始年月,享受状态,金额",
    "change": "流水号,个人编号,险种,变更类型,变更日期",
    "account": "个人编号,险种,年度,期初金额,期末金额",
}
Row = Sequence[Any]


@dataclass
class Agency:
    """A project in the making: rows by (system, table), each in the order of its head."""

    folder: Path
    rows: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    region: str = "220800"

    def add(self, table: str, *rows: Row, system: str = "pension") -> None:
        self.rows.setdefault((system, table), []).extend(rows)

    def person(self, number: str, name: str = "孙德福", **more: Any) -> None:
        """Add a person; ``more`` by place in the head: id, sex, birth, file_birth, unit, phone, region, day, hold."""
        system = more.pop("system", "pension")
        given = {"id": ID_ONE, "sex": "1", "birth": "1960-08-15"} | more
        names = ("id", "sex", "birth", "file_birth", "unit", "phone", "region", "day", "hold")
        values = [given.get(name, "") for name in names]
        self.add("person", (number, values[0], name, *values[1:]), system=system)

    def enrolment(self, number: str, start: str = "2001-03-01", end: str = "", **more: Any) -> None:
        given = {"insurance": "110", "unit": "U1", "status": "1" if not end else "2"} | more
        self.add("enrolment", (number, given["insurance"], given["unit"], start, end, given["status"]))

    def paid(self, number: str, *periods: int, **more: Any) -> None:
        """Add arrived contributions of 960.00 for ``periods``."""
        given = {"insurance": "110", "unit": "U1", "kind": "1", "arrived": "1", "share": 320, "record": ""} | more
        share = given["share"]
        for period in periods:
            sums = (2 * share, share, 2 * share, share)
            row = (number, given["unit"], given["insurance"], period, given["kind"], 4000, *sums, given["arrived"])
            self.add("contribution", (*row, given["record"]))

    def benefit(self, number: str, status: str = "1", no: str = "B1") -> None:
        self.add("benefit", (no, number, "110", "100011", 202009, status, 2000))

    def write(self) -> Path:
        """Write the files and ``project.toml``."""
        toml = [f'[project]\nname = "试"\nregion = "{self.region}"\nas_of = 2021-05-31\n']
        for (system, table), rows in self.rows.items():
            file = f"{system}-{table}.csv"
            width = HEADS[table].count(",") + 1
            lines = [",".join(map(str, (*row, *[""] * (width - len(row))))) for row in rows]
            text = "\n".join([HEADS[table], *lines]) + "\n"
            (self.folder / file).write_text(text, "utf-8")
            toml.append(f'[[source]]\nsystem = "{system}"\ntable = "{table}"\nfile = "{file}"\n')
        (self.folder / "project.toml").write_text("".join(toml), "utf-8")
        return self.folder

    def round(self) -> RoundResult:
        """Write the files and run a round."""
        return clean(self.write())


@pytest.fixture
def agency(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Agency:
    """An agency without rows; what is tested here needs no report."""
    monkeypatch.setattr(rounds, "build_report", lambda *args, **more: None)
    folder = tmp_path / "项目"
    folder.mkdir()
    return Agency(folder)


@pytest.fixture
def twice(agency: Agency) -> Agency:
    """An agency of one person with two numbers, and another."""
    return two_numbers(agency)


def two_numbers(agency: Agency) -> Agency:
    """One person under 1001 (paying now) and 1002 (before), and another person, 1003."""
    agency.person("1001", unit="U1", phone="13804360001", day="2020-01-01")
    agency.person("1002", "孙德富", id=ID_OLD, unit="U2", file_birth="1959-01-01")
    agency.person("1003", "赵刚", id=ID_OTHER, birth="1981-05-23")
    agency.enrolment("1001", "2006-01-01")
    agency.enrolment("1002", "2001-03-01", "2005-12-31", unit="U2")
    agency.enrolment("1003", "2002-04-01")
    agency.paid("1001", 200512, 200601, 200602)
    agency.paid("1002", 200511, 200512, unit="U2")
    agency.paid("1003", 200601, 200602)
    return agency


def link(project: Path, *clusters: Iterable[tuple[str, str]], pairs: Iterable[tuple[str, str, str, str]] = ()) -> Path:
    """Write the link of the newest round: clusters of (system, key), pairs of (system, key, key, decision)."""
    store = Store(project)
    folder = store.folder(store.numbers()[-1]) / "link"
    folder.mkdir(exist_ok=True)
    rows = [(str(at), system, key) for at, cluster in enumerate(clusters, 1) for system, key in cluster]
    names = ("cluster", "system", "key")
    pq.write_table(
        pa.table({name: [row[at] for row in rows] for at, name in enumerate(names)}), folder / "clusters.parquet"
    )
    told = list(pairs)
    columns: dict[str, list[Any]] = {
        "left_system": [system for system, *_ in told],
        "left_key": [left for _, left, _, _ in told],
        "right_system": [system for system, *_ in told],
        "right_key": [right for _, _, right, _ in told],
        "weight": [9.0] * len(told),
        "probability": [0.99] * len(told),
        "decision": [decision for *_, decision in told],
        "why": ["姓名、证件号码相同"] * len(told),
    }
    kinds = {"weight": pa.float64(), "probability": pa.float64()}
    arrays = {name: pa.array(values, kinds.get(name, pa.string())) for name, values in columns.items()}
    pq.write_table(pa.table(arrays), folder / "links.parquet")
    return folder


def plans(project: Path, *listed: Listed) -> list[PairPlan]:
    """Return what is planned over the newest round."""
    newest = open_newest(Store(project))
    with planned(newest, links_of(newest), listed) as plan:
        return list(plan.pairs)


def agreed(one: PairPlan, contact: Contact | None = CONTACT, **more: Any) -> Decision:
    """Return the decision to merge a pair as planned."""
    pair = one.pair
    told: dict[str, Any] = {
        "id": "", "at": "", "by": "李经办", "kind": "merge", "checked_by": "王复核", "ground": "联系记录",
        "table": "person", "system": pair.system, "key": json.dumps([pair.old]), "field": "person_no",
        "old": pair.old, "new": pair.new, "details": one.terms(contact).details(),
    }  # fmt: skip
    return Decision(**told | more)


def decide(project: Path, *decisions: Decision) -> list[str]:
    """Enter decisions; return their ids."""
    _, entered = enter(project, read_decisions(project), "x", decisions)
    return [one.id for one in entered]


def revoke(project: Path, *ids: str) -> None:
    decide(project, *(Decision("", "", "王主任", "revoke", revokes=one) for one in ids))


def rows(result: RoundResult, table: str, system: str = "pension") -> list[dict[str, Any]]:
    """Return the rows of a table, or of another file of the round, as they stand in the source."""
    file = result.folder / (f"tables/{table}.parquet" if table in HEADS else f"{table}.parquet")
    found = [row for row in pq.read_table(file).to_pylist() if row.get("system") == system]
    return sorted(found, key=lambda row: row.get("source_row") or 0)


def became(result: RoundResult) -> list[tuple[str, str | None]]:
    """Return state and reason of every decision."""
    return [(row["state"], row["reason"]) for row in pq.read_table(result.folder / "applied.parquet").to_pylist()]

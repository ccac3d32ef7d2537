"""The whole way of a list: out, mended by hand, some of it wrongly, re-sorted, saved by others, back, next round.

The first bar of the issue: the good rows become decisions, each bad one is named with its cell, the next round shows
exactly the good ones, and revoking them gives back the first round.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.engine.mending.conftest import (
    HANDS,
    Formula,
    Page,
    Pages,
    column,
    copied,
    findings,
    identity,
    write_pages,
)

from renshe.engine.decisions.log import Decision
from renshe.engine.mending.decide import Reading, decide
from renshe.engine.mending.lists import read_lists
from renshe.engine.mending.revoke import revoke
from renshe.engine.rounds.clean import clean
from renshe.standards.identity import id_check_char

MENDED, WRONG = 500, 50
# Rules whose problem is gone when the row has the value that the list says it should have.
EXPECTED = {"PER-SEX-ID", "PER-BIRTH-ID", "PER-SEX-EMPTY", "PER-DEATH-CIVIL", "PER-DEATH-CREMATION"}
KEPT = {"PER-NAME-POLICE", "UNI-NAME-TAX", "PER-DEATH-POLICE"}
NAMED = {"PER-NAME-EMPTY", "PER-NAME-QUESTION", "PER-NAME-CHARS"}
NUMBERED = {"PER-ID-CHECK", "PER-ID-LENGTH", "PER-ID-EMPTY", "PER-ID-ROUNDED", "PER-ID-DATE"}
REMOVED = {"PER-NAME-TEST"}

Row = dict[str, Any]
Place = tuple[str, int]


@dataclass
class Work:
    """What a clerk did: the lists as they go back, good rows by identity, wrong ones with the header to blame."""

    pages: Pages
    good: dict[str, Row] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)


def number(at: int) -> str:
    body = f"2208021968{at // 27 % 12 + 1:02d}{at % 27 + 1:02d}{at % 999 + 1:03d}"
    return body + id_check_char(body)


def answer(row: Row, at: int) -> Row:
    """A right answer to the problem of a row."""
    rule, present = identity(row)[0], row["现值"]
    if rule in EXPECTED:
        return {"处理方式": "更正" if present else "补录", "新值": row["应为"]}
    if rule in KEPT:
        return {"处理方式": "采信他方"}
    if rule in NAMED:
        return {
            "处理方式": "更正" if present else "补录",
            "新值": "王" + "甲乙丙丁戊己庚辛"[at % 8] + "子丑寅卯"[at % 4],
        }
    if rule in NUMBERED:
        return {"处理方式": "更正" if present else "补录", "新值": number(at)}
    return {"处理方式": "剔除" if rule in REMOVED else "退回核实" if at % 7 == 0 else "经核实无误"}


MISTAKES: list[tuple[str, Row]] = [
    ("新值", {"处理方式": "更正", "新值": "\u2014"}),
    ("新值", {"处理方式": "更正", "新值": Formula("=1+1", 2)}),
    ("新值", {"处理方式": "经核实无误", "新值": "张三"}),
    ("现值", {"处理方式": "经核实无误", "现值": "旧值已被改写"}),
    ("处理方式", {"新值": "张三"}),
    ("依据", {"处理方式": "经核实无误", "依据": None}),
    ("复核人", {"处理方式": "经核实无误", "复核人": HANDS["经办人"]}),
    ("识别码", {"处理方式": "经核实无误", "识别码": "损坏"}),
]


def mend(pages: Pages, gone: set[str], seed: int = 7, mended: int = MENDED) -> Work:
    """Fill in ``mended`` rows: those ``gone``, wrong ones where a row has one problem alone, else right ones."""
    chance = random.Random(seed)
    work = Work(pages)
    rows = [row for page in pages.values() if page.is_list for row in page.rows]
    problems: dict[Place, int] = {}
    for row in rows:
        problems[place(row)] = problems.get(place(row), 0) + 1
    chance.shuffle(rows)
    mistakes = 0
    taken: set[Any] = set()
    for at, row in enumerate(rows):
        if len(work.good) + len(work.wrong) == mended:
            break
        code, parts = row["识别码"], identity(row)
        alone = problems[place(row)] == 1 and parts[5] is None and "OTHER" not in parts[0] and row["现值"]
        if code in gone:
            row.update(HANDS | {"处理方式": "经核实无误"})
            work.wrong[code] = "处理方式"
        elif alone and mistakes < WRONG - len(gone):
            header, filled = MISTAKES[mistakes % len(MISTAKES)]
            row.update(HANDS | filled)
            work.wrong[code] = header
            mistakes += 1
        elif (place(row), parts[4]) not in taken and parts[7] is not None:
            taken.add((place(row), parts[4]))
            row.update(HANDS | answer(row, at))
            work.good[code] = dict(row)
    assert len(work.good) + len(work.wrong) == mended and len(work.wrong) == WRONG
    return work


def place(row: Row) -> Place:
    return row["来源文件"], row["行号"]


def untidy(pages: Pages, seed: int) -> Pages:
    """Sort rows, columns and sheets anew, rename a sheet, lose a row that nobody filled in: what happens to lists."""
    chance = random.Random(seed)
    names = list(pages)
    chance.shuffle(names)
    made: Pages = {}
    for name in names:
        page = pages[name]
        header, rows = list(page.header), list(page.rows)
        if page.is_list:
            chance.shuffle(header)
            chance.shuffle(rows)
        made[name if name in ("说明", "汇总") else f"改名 {name}"[:31]] = Page(header, rows)
    return made


def cells(work: Work, pages: Pages) -> set[tuple[str, str]]:
    """Where the wrong rows stand in the lists as they go back: sheet and cell."""
    found = set()
    for name, page in pages.items():
        for at, row in enumerate(page.rows, 2):
            code = row.get("原识别码") or row.get("识别码")
            if page.is_list and code in work.wrong:
                found.add((name, f"{column(page, work.wrong[code])}{at}"))
    return found


def content(decision: Decision) -> tuple[Any, ...]:
    """A decision without what differs from reading to reading."""
    where = (decision.source or "").split(" | ")[0]
    names = "by kind checked_by table system key field old new rule ground related source_file source_row date".split()
    return (where, *(getattr(decision, name) for name in names))


def persons(project: Path, number: int) -> dict[Place, Row]:
    found = {}
    for table in ("person", "unit"):
        path = project / "rounds" / f"{number:04d}" / "tables" / f"{table}.parquet"
        rows = duckdb.sql(f"FROM read_parquet('{path}')").to_arrow_table().to_pylist()
        found |= {(row["system"], row["source_file"], row["source_row"], table): row for row in rows}
    return found


def digests(project: Path, number: int) -> Any:
    return json.loads((project / "rounds" / f"{number:04d}" / "manifest.json").read_text("utf-8"))["digests"]


def known(finding: Row) -> tuple[Any, ...]:
    names = ("rule", "table", "system", "key", "field", "related", "source_row")
    return tuple(finding[name] for name in names)


def meant(code: str) -> tuple[Any, ...]:
    parts = json.loads(code)
    return (*parts[:6], parts[7])


@pytest.mark.req("S0-23", "S1-9")
def test_five_hundred_rows_mended_some_wrongly_and_taken_back(project: Path, published: Pages, tmp_path: Path) -> None:
    first = copied(published)
    early = next(
        row for page in first.values() if page.is_list for row in page.rows if identity(row)[0] == "PER-SEX-ID"
    )
    early |= HANDS | {"处理方式": "更正", "新值": early["应为"]}
    before = decide(project, [write_pages(tmp_path / "先交.xlsx", first)])
    assert len(before.decisions) == 1
    clean(project)
    work = mend(copied(published), {early["识别码"]})
    damaged = {code for code, header in work.wrong.items() if header == "识别码"}
    handed_in = untidy(work.pages, 11)
    spare = next(page for page in handed_in.values() if page.is_list and not page.rows[0].get("处理方式"))
    del spare.rows[0]

    reading = decide(project, [write_pages(tmp_path / "清单.xlsx", handed_in)])

    assert (reading.filled, len(reading.decisions), len(reading.refused)) == (MENDED, MENDED - WRONG, WRONG)
    sound = {(name, cell) for name, cell in cells(work, handed_in)}
    told = {(refusal.sheet, refusal.cell) for refusal in reading.refused}
    assert sound <= told and len(told - sound) == len(damaged)
    # The row that was deleted; whose identity is damaged is missed as well.
    assert sum(missing.rows for missing in reading.missing) == 1 + len(damaged)
    clean(project)
    _the_next_round_shows_exactly_the_good_ones(project, work, reading)
    for batch in (before.batch, reading.batch):
        revoke(project, [], batch, "王主任", "重新核实")
    clean(project)
    assert digests(project, 4) == digests(project, 1)


def _the_next_round_shows_exactly_the_good_ones(project: Path, work: Work, reading: Reading) -> None:
    open_before = {known(finding) for finding in findings(project, 2)}
    open_now = {known(finding) for finding in findings(project, 3)}
    settled = {meant(code) for code, row in work.good.items() if row["处理方式"] != "退回核实"}
    assert settled <= open_before
    assert settled & open_now == set()
    untouched = {meant(code) for code, header in work.wrong.items()} & open_before
    assert len(untouched) >= WRONG - 1 and untouched <= open_now
    was, now = persons(project, 2), persons(project, 3)
    assert was.keys() == now.keys()
    changed = {place for place, row in now.items() if row != was[place]}
    decided = {
        (one.system, one.source_file, one.source_row, one.table)
        for one in reading.decisions
        if one.kind not in ("accept", "recollect")
    }
    assert changed == decided
    removed = [one for one in reading.decisions if one.kind == "remove"]
    assert removed
    for one in removed:
        assert now[(one.system, one.source_file, one.source_row, one.table)]["valid"] == "0"


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_lists_saved_by_libreoffice_say_the_same(
    project: Path, published: Pages, tmp_path: Path, libreoffice: Callable[[Path, str], Path], kind: str
) -> None:
    # This program takes a third of a second for each sheet of an ods: the longest lists will do.
    largest = sorted((name for name, page in published.items() if page.is_list), key=lambda n: -len(published[n].rows))
    work = mend(copied(published, *largest[:16]), set(), mended=300)
    handed_in = untidy(work.pages, 5)
    for page in handed_in.values():
        if page.is_list and len(page.rows) > 4 and not any(row.get("处理方式") for row in page.rows[-3:]):
            page.merged.append((len(page.rows) - 1, len(page.rows), "经办人"))
            page.rows[-3]["经办人"] = "合并者"
            break
    path = write_pages(tmp_path / "清单.xlsx", handed_in)
    twin = Path(shutil.copytree(project, tmp_path / "twin"))
    plain, saved = decide(project, [path]), decide(twin, [libreoffice(path, kind)])
    assert len(plain.decisions) == 300 - WRONG
    assert list(map(content, plain.decisions)) == list(map(content, saved.decisions))
    assert [(one.sheet, one.cell, one.what) for one in plain.refused] == [
        (one.sheet, one.cell, one.what) for one in saved.refused
    ]


def test_the_workbook_as_published_goes_through_libreoffice_unharmed(
    project: Path, libreoffice: Callable[[Path, str], Path]
) -> None:
    """Formats, drop-downs, hidden columns and filters as the report writes them; nobody filled anything in."""
    shortest = min((project / "rounds" / "0001").glob("report-*.xlsx"), key=lambda path: path.stat().st_size)
    saved = read_lists(libreoffice(shortest, "ods"))
    published = read_lists(shortest)
    assert saved.seen == published.seen != {}
    assert [sheet.header for sheet in saved.sheets] == [sheet.header for sheet in published.sheets]
    reading = decide(project, [saved.path])
    assert (reading.filled, reading.refused, reading.missing) == (0, [], [])

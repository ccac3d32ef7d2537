"""Whatever order rows, sheets and columns come back in, whichever workbook they stand in: the same decisions."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.engine.mending.conftest import HANDS, Page, Pages, copied, identity, write_pages

from renshe.engine.mending.checks import judge_rows
from renshe.engine.mending.conflicts import settle
from renshe.engine.mending.decide import decide
from renshe.engine.mending.lists import read_lists
from renshe.engine.mending.newest import Newest, open_newest, parse_identity
from renshe.engine.mending.values import Misfit, fit_values
from renshe.engine.rounds.store import Store
from renshe.standards.dictionary import dictionary

CHOICES = ("更正", "补录", "按规则补录", "采信他方", "剔除", "经核实无误", "退回核实", "", "改正")


@pytest.fixture(scope="module")
def newest(cleaned: Path) -> Newest:
    return open_newest(Store(cleaned))


@pytest.fixture(scope="module")
def mended(published: Pages) -> Pages:
    """Eight short lists, filled in at random, rightly and wrongly, one problem twice."""
    chance = random.Random(1)
    names = [name for name, page in published.items() if page.is_list and 5 <= len(page.rows) <= 12][:8]
    pages = copied(published, *names)
    for page in pages.values():
        for row in page.rows:
            if chance.random() < 0.8:
                value = chance.choice([row["应为"], "", "1", "王小明"])
                row.update(HANDS | {"处理方式": chance.choice(CHOICES), "新值": value})
        page.rows.append(dict(page.rows[0]) | {"经办人": "另一人"})
    return pages


def outcome(paths: list[Path], newest: Newest) -> tuple[list[Any], list[Any]]:
    """What would be decided and why the rest would not, without where it stands."""
    rows = [filled for path in paths for filled in read_lists(path).filled]
    drafts, refused = judge_rows(rows, newest)
    kept, differing = settle(drafts)
    names = "by kind table system key field old new rule ground related source_file source_row".split()
    told = [[getattr(draft.decision, name) for name in names] for draft in kept]
    return told, sorted(one.what.partition("（")[0] for one in (*refused, *differing))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False), books=st.integers(1, 3))
def test_any_order_of_rows_sheets_and_columns_gives_the_same_decisions(
    mended: Pages, newest: Newest, tmp_path: Path, chance: random.Random, books: int
) -> None:
    expected = outcome([write_pages(tmp_path / "原.xlsx", mended)], newest)
    assert len(expected[0]) > 3 and len(expected[1]) > 3
    parts: list[Pages] = [{} for _ in range(books)]
    for name, page in chance.sample(list(mended.items()), len(mended)):
        shares: list[list[Any]] = [[] for _ in range(books)]
        for row in chance.sample(page.rows, len(page.rows)):
            chance.choice(shares).append(row)
        header = chance.sample(page.header, len(page.header))
        for part, share in zip(parts, shares, strict=True):
            part[f"{chance.randrange(10**6)} {name}"[:31]] = Page(header, share)
    paths = [write_pages(tmp_path / f"{at}.xlsx", part) for at, part in enumerate(parts)]
    assert outcome(paths, newest) == expected


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_a_second_reading_adds_nothing_in_whatever_order(
    mended: Pages, cleaned: Path, tmp_path: Path, chance: random.Random
) -> None:
    project = tmp_path / "project"
    shutil.rmtree(project, ignore_errors=True)
    shutil.copytree(cleaned, project)
    first = decide(project, [write_pages(tmp_path / "一.xlsx", mended)])
    turned = {name: Page(page.header, chance.sample(page.rows, len(page.rows))) for name, page in mended.items()}
    again = decide(project, [write_pages(tmp_path / "二.xlsx", turned)])
    assert first.decisions and not again.decisions
    assert len(list((project / "decisions").iterdir())) == 1


@given(st.text(max_size=40))
def test_no_text_in_the_hidden_column_breaks_the_reading(text: str) -> None:
    found = parse_identity(text)
    assert found is None or found.stamp


def test_every_published_identity_is_understood(published: Pages) -> None:
    codes = [row["识别码"] for page in published.values() if page.is_list for row in page.rows]
    assert len(codes) > 500
    for page in published.values():
        for row in page.rows if page.is_list else ():
            found = parse_identity(row["识别码"])
            assert found is not None
            assert [found.rule, found.table, found.system, found.key] == identity(row)[:4]


FIELDS = [(table.name, field.name) for table in dictionary().values() for field in table.fields]


@given(place=st.sampled_from(FIELDS), text=st.text(min_size=1, max_size=30), unsure=st.booleans())
def test_what_fits_stays_as_it_is_when_it_is_typed_again(place: tuple[str, str], text: str, unsure: bool) -> None:
    [once] = fit_values(*place, [text], [unsure])
    if isinstance(once, Misfit):
        assert once.what and once.remedy
    else:
        assert fit_values(*place, [once], [False]) == [once]


@pytest.mark.parametrize(
    ("table", "field", "written", "shown"),
    [
        ("person", "birth_date", "1989年1月31日", "1989-01-31"),
        ("contribution", "period", "2021-01", "202101"),
        ("contribution", "period", "202100", "202100"),
        ("contribution", "base", "3,000", "3000.00"),
        ("person", "sex", "女", "2"),
        ("person", "deemed_months", "12", "12"),
        ("person", "id_number", "11010519491231002x", "11010519491231002X"),
        ("unit_enrolment", "rate", "8%", "0.08"),
    ],
)
def test_values_are_kept_as_findings_show_them(table: str, field: str, written: str, shown: str) -> None:
    assert fit_values(table, field, [written], [False]) == [shown]

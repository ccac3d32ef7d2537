"""Every page of the site, asked for by everybody: signed out, without our mark, from another region, in the wrong post.

New addresses are found by themselves, and fail here until it is said what they are asked with and who may.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook
from tests.channels.desk.conftest import Browser, browser
from tests.core import conftest as ground
from tests.core.casework.conftest import HERE
from tests.core.org.bureau import GROUPS
from tests.core.walking import World, last_entry, said
from tests.web import world as grounds
from tests.web.addresses import ONES_OWN, OPEN, PORTAL, addresses, asked

from renshe.core.pages.sending import XLSX

logins, world = ground.logins, grounds.world
WHO_MAY = Path(__file__).parent / "who_may.yaml"
PAGES = dict(addresses())
INSIDE = [name for name in PAGES if name not in OPEN and not PAGES[name].startswith(PORTAL)]
# Of the city: what only the upper agency does.
DESKS = {group: (group, HERE) for group in GROUPS} | {
    f"{group} of the city": (group, "220800") for group in ("entry", "check", "approve", "information")
}
MOST_QUERIES, MOST_BYTES = 30, 150_000


def outcome(
    world: World, desk: Browser, name: str, path: str | None = None, forged: Mapping[str, str] = MappingProxyType({})
) -> tuple[int, str, bool]:
    """Return status, what was shown, and whether anything changed; all is taken back. ``forged``: fields that are sent
    otherwise than by who fills the page in."""
    found, data = asked(world.things, name, PAGES[name])
    data = None if data is None else {**data, **forged}
    point = transaction.savepoint()
    before = last_entry()
    mark = desk.mark() if data is not None else ""
    if data is None:
        answer = desk.client.get(path or found)
    else:
        answer = desk.client.post(path or found, {"csrfmiddlewaretoken": mark, **data})
    changed = last_entry() != before
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    transaction.savepoint_rollback(point)
    if answer.headers["Content-Type"] == XLSX:
        rows = load_workbook(BytesIO(content)).active.values
        content = " ".join(str(cell) for row in rows for cell in row).encode()
    assert answer.status_code < 500, content.decode("utf-8", "replace")[:2000]
    assert answer.status_code < 400 or not changed, "refused, and yet something has changed"
    return answer.status_code, content.decode("utf-8", "replace"), changed


def let(world: World, name: str, status: int, shown: str, changed: bool) -> bool:
    """Whether somebody was let, or shown something of the county."""
    if status >= 400:
        return False
    if status == 303 or (changed and name != "export") or name.startswith("book_row"):
        return True
    # What was asked for stands again in its field.
    told = re.sub(r'value="[^"]*"', "", shown.partition("<main")[2] or shown)
    if name in ("decide_many", "export"):
        # Each refusal names its case; of a workbook every row names its region.
        return name == "export" and HERE in told
    if name.startswith("book "):
        key = asked(world.things, f"book_row {name[5:]}", PAGES[f"book_row {name[5:]}"])[0]
        return f'"{key}"' in told
    return HERE in told or shown.startswith(("%PDF", "receipt"))


@pytest.mark.parametrize("name", INSIDE)
def test_who_is_not_in_is_sent_to_the_door(world: World, name: str) -> None:
    for who in (None, "x"):
        desk = browser(world.office, None)
        if who:
            desk.client.cookies["renshe_session"] = who
        status, shown, changed = outcome(world, desk, name)
        assert status in (302, 401) and not changed and HERE not in shown.partition("<main")[2]


@pytest.mark.parametrize("name", INSIDE)
def test_what_no_page_of_ours_sent_is_refused(world: World, name: str) -> None:
    path, data = asked(world.things, name, PAGES[name])
    for group in ("entry", "information") if data is not None else ():
        before = last_entry()
        answer = browser(world.office, group).client.post(path, data)
        assert answer.status_code == 403 and last_entry() == before


@pytest.mark.parametrize("name", [name for name in INSIDE if name not in ONES_OWN])
def test_who_works_elsewhere_is_refused_or_shown_nothing(world: World, name: str) -> None:
    told = {group: outcome(world, browser(world.office, group, "220802"), name) for group in GROUPS}
    # What is of both sides, or of one's own agency.
    own = {"book_do faults report", "book_do clean-ups look", "book cross-regions", "book_row cross-regions"}
    assert [group for group, found in told.items() if name not in own and let(world, name, *found)] == []


@pytest.mark.parametrize("name", [name for name in INSIDE if name not in ONES_OWN])
def test_in_the_county_who_may_is_who_is_said_to(world: World, name: str) -> None:
    desks = {who: browser(world.office, *at) for who, at in DESKS.items()}
    found = [who for who, desk in desks.items() if let(world, name, *outcome(world, desk, name))]
    if "WRITE_WHO_MAY" in os.environ:
        with WHO_MAY.open("a") as file:
            file.write(f"{name}: [{', '.join(found)}]\n")
        return
    assert {name: found} == {name: said(WHO_MAY).get(name)}


def test_what_is_said_of_pages_is_said_of_those_that_are() -> None:
    listed = said(WHO_MAY)
    assert set(listed) == {name for name in INSIDE if name not in ONES_OWN}
    assert [name for name, who in listed.items() if not who] == []


NOWHERE = ("KY-220802-2026-000001", "K%00Y", "%F0%9F%98%80", "x" * 3000, "-1", "9" * 20, "0")


@pytest.mark.parametrize("name", [name for name in INSIDE if "<" in PAGES[name]])
def test_forged_parts_lead_nowhere(world: World, name: str) -> None:
    head, _, tail = PAGES[name].partition("<")
    rest = tail.partition(">")[2]
    desks = [browser(world.office, group) for group in ("entry", "information")]
    for forged, desk in itertools.product(NOWHERE, desks):
        path = f"/{head}{forged}{rest}"
        for part, value in (("<int:paper>", "1"), ("<str:region>", HERE)):
            path = path.replace(part, value)
        status, _, changed = outcome(world, desk, name, path)
        assert status in (400, 403, 404, 422) and not changed, (path, status)


@pytest.mark.parametrize("name", INSIDE)
def test_a_page_is_light_and_asks_little(world: World, name: str) -> None:
    path, data = asked(world.things, name, PAGES[name])
    for group in GROUPS if data is None else ():
        desk = browser(world.office, group)
        with CaptureQueriesContext(connection) as asked_for:
            answer = desk.client.get(path)
        assert len(asked_for) <= MOST_QUERIES, [one["sql"][:150] for one in asked_for]
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            assert len(answer.content) <= MOST_BYTES


STRANGE = ("9" * 30, "-1", "x", "²", "~", "2026-13-01~x", "%00", "~%00", "%F0%9F%98%80")


@pytest.mark.parametrize("name", [name for name in INSIDE if not name.startswith("book_row")])
def test_a_strange_place_in_a_list_is_no_fault(world: World, name: str) -> None:
    path, data = asked(world.things, name, PAGES[name])
    desk = browser(world.office, "entry")
    for strange in STRANGE if data is None else ():
        outcome(world, desk, name, f"{path}?after={strange}&before={strange}&about={strange}&region={strange}")


@pytest.mark.parametrize("name", INSIDE)
def test_strange_values_are_refused_or_searched_for_and_no_fault(world: World, name: str) -> None:
    data = asked(world.things, name, PAGES[name])[1]
    may = said(WHO_MAY).get(name, ["entry"])
    desk = browser(world.office, *DESKS[may[0]])
    fields = [one for one, value in (data or {}).items() if isinstance(value, str)]
    for field, strange in itertools.product(fields, ("字" * 5000, "-1", "9" * 30, "")):
        outcome(world, desk, name, forged={field: strange})
    if fields:
        # Refused at the door, whatever the page.
        assert outcome(world, desk, name, forged={fields[-1]: "\x00"})[0] == 400


def test_what_may_be_begun_stands_by_lines_and_business_before_the_houses_own(world: World) -> None:
    page = browser(world.office, "entry").get("/start").partition("<main")[2]
    lines = re.findall(r"<h2>(.*?)</h2>", page)
    assert lines.index("人员单位登记") < lines.index("内部事务") < lines.index("数据交换")
    assert len(set(lines)) == len(lines)

"""Every page of the portal, asked for by everybody: signed out, with a session of the house, as somebody else.

New addresses are found by themselves, and fail in tests/web/addresses.py until it is said what they are asked with.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from types import MappingProxyType

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.channels.api.conftest import ADDRESS, _place
from tests.channels.desk.conftest import Browser, browser
from tests.channels.portal.conftest import nobody
from tests.core import conftest as ground
from tests.core.walking import World
from tests.web import world as grounds
from tests.web.addresses import OPEN, PORTAL, addresses, asked

from renshe.channels.portal.door import COOKIE
from renshe.channels.portal.models import Account, Look
from renshe.core.journal.models import Entry
from renshe.core.org.signing_in import session_begin
from renshe.core.pages.answering import COOKIE as DESK_COOKIE

logins, world = ground.logins, grounds.world
PAGES = dict(addresses())
PUBLIC = [name for name in PAGES if PAGES[name].startswith(PORTAL) and name not in OPEN]
INSIDE = [name for name in PAGES if not PAGES[name].startswith(PORTAL) and name not in OPEN]
ONES_OWN = {"portal_home", "portal_sign_out", "portal_me", "portal_password", "portal_data", "portal_data_whole"}
ONES_OWN |= {"portal_blank", "portal_begin"}
"""What shows, or changes, nothing but one's own, whoever asks."""
MOST_QUERIES, MOST_BYTES = 30, 150_000


def outcome(
    world: World, desk: Browser, name: str, path: str | None = None, forged: Mapping[str, str] = MappingProxyType({})
) -> tuple[int, str, bool]:
    """Return status, what was shown, and whether anything changed but that somebody looked at his own; all is taken
    back."""
    found, data = asked(world.things, name, PAGES[name])
    point = transaction.savepoint()
    looks = Entry.objects.exclude(table_name=Look._meta.db_table)
    before = looks.count()
    if data is None:
        answer = desk.client.get(path or found)
    else:
        answer = desk.client.post(path or found, {"csrfmiddlewaretoken": desk.mark(), **data, **forged})
    changed = looks.count() != before
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    transaction.savepoint_rollback(point)
    assert answer.status_code < 500, content.decode("utf-8", "replace")[:2000]
    assert answer.status_code < 400 or not changed, "refused, and yet something has changed"
    return answer.status_code, content.decode("utf-8", "replace"), changed


def staff_at_the_portal(world: World) -> Browser:
    """An officer whose browser shows the session of the workbench at the portal as well."""
    desk = browser(world.office, "entry")
    desk.client.cookies[COOKIE] = session_begin("entry-220822", _place(), ADDRESS).token
    desk.door = "/portal/sign-in"
    return desk


@pytest.mark.parametrize("name", PUBLIC)
def test_who_is_not_in_is_sent_to_the_portal_s_door(world: World, name: str) -> None:
    strange = nobody()
    strange.client.cookies[COOKIE] = "x"
    for desk in (nobody(), strange, staff_at_the_portal(world)):
        status, shown, changed = outcome(world, desk, name)
        assert status in (302, 401) and not changed
        assert world.things["application"].number not in shown.partition("<main")[2]


@pytest.mark.parametrize("name", INSIDE)
def test_who_came_in_by_the_portal_is_nobody_at_the_workbench(world: World, name: str) -> None:
    citizen = world.things["holders"]["citizen"]
    desk = browser(world.office, None)
    desk.client.cookies[DESK_COOKIE] = desk.client.cookies[COOKIE] = citizen.token
    path, data = asked(world.things, name, PAGES[name])
    before = Entry.objects.count()
    if data is None:
        answer = desk.client.get(path)
    else:
        answer = desk.client.post(path, {"csrfmiddlewaretoken": desk.mark(), **data})
    assert answer.status_code in (302, 401) and Entry.objects.count() == before
    assert "/sign-in" in answer.headers.get("Location", "/sign-in")


@pytest.mark.parametrize("name", PUBLIC)
def test_what_no_page_of_ours_sent_is_refused(world: World, name: str) -> None:
    path, data = asked(world.things, name, PAGES[name])
    if data is not None:
        before = Entry.objects.count()
        answer = world.things["holders"]["citizen"].browser().client.post(path, data)
        assert answer.status_code == 403 and Entry.objects.count() == before


@pytest.mark.parametrize("name", [name for name in PUBLIC if name not in ONES_OWN])
def test_of_others_there_is_nothing_and_of_oneself_all(world: World, name: str) -> None:
    for who in ("neighbour", "clerk"):
        status, shown, changed = outcome(world, world.things["holders"][who].browser(), name)
        assert status == 404 and not changed and "张丽华" not in shown
    status, _, changed = outcome(world, world.things["holders"]["citizen"].browser(), name)
    assert status in (200, 303), name
    assert changed == (asked(world.things, name, PAGES[name])[1] is not None)


@pytest.mark.parametrize("name", sorted(ONES_OWN))
def test_what_is_one_s_own_shows_nobody_else_s(world: World, name: str) -> None:
    account = Account.objects.get(pk=world.things["holders"]["citizen"].account.pk)
    told = [account.person_no, account.number, world.things["application"].number, "张丽华"]
    for who in ("neighbour", "clerk"):
        _, shown, _ = outcome(world, world.things["holders"][who].browser(), name)
        assert [one for one in told if one in shown] == []


@pytest.mark.parametrize("name", ["portal_blank", "portal_begin"])
def test_a_unit_applies_for_nothing_of_people_s(world: World, name: str) -> None:
    status, _, changed = outcome(world, world.things["holders"]["clerk"].browser(), name)
    assert status == 422 and not changed


NOWHERE = ("RG-220802-2026-000001", "K%00Y", "%F0%9F%98%80", "x" * 3000, "-1", "9" * 20, "0", "shop.open")


@pytest.mark.parametrize("name", [name for name in PUBLIC if "<" in PAGES[name]])
def test_forged_parts_lead_nowhere(world: World, name: str) -> None:
    route = PAGES[name]
    own = asked(world.things, name, route)[0]
    for forged, at in itertools.product(NOWHERE, range(route.count("<"))):
        parts = route.split("/")
        places = [index for index, part in enumerate(parts) if part.startswith("<")]
        path = own.split("/")
        path[places[at] + 1] = forged
        status, _, changed = outcome(world, world.things["holders"]["citizen"].browser(), name, "/".join(path))
        assert status in (400, 403, 404, 422) and not changed, (path, status)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_page_is_light_and_asks_little(world: World, name: str) -> None:
    path, data = asked(world.things, name, PAGES[name])
    if data is None:
        with CaptureQueriesContext(connection) as asked_for:
            answer = world.things["holders"]["citizen"].browser().client.get(path)
        assert len(asked_for) <= MOST_QUERIES, [one["sql"][:150] for one in asked_for]
        assert answer.status_code == 200 and len(answer.content) <= MOST_BYTES


@pytest.mark.parametrize("name", PUBLIC)
def test_strange_values_are_refused_and_no_fault(world: World, name: str) -> None:
    data = asked(world.things, name, PAGES[name])[1]
    fields = [one for one, value in (data or {}).items() if isinstance(value, str)]
    citizen = world.things["holders"]["citizen"]
    for field, strange in itertools.product(fields, ("\x00", "字" * 5000, "-1", "9" * 30, "")):
        outcome(world, citizen.browser(), name, forged={field: strange})

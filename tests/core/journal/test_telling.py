"""The chain told elsewhere: whole, in order, and caught up after a place was away."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import psycopg
import pytest
from tests.core.journal.test_sealing import Tamper, sealed, tamper, verdict, write

from renshe.core.database.roles import Logins
from renshe.core.journal.telling import (
    FILE,
    Places,
    Trouble,
    chain_asked,
    contradictions,
    read_told,
    restorations,
    restored_passed_on,
    restored_told,
    tell,
    told_places,
    troubles,
)

__all__ = ["tamper"]


def told(logins: Logins, places: Places) -> list[Trouble]:
    with psycopg.connect(logins.application) as own:
        return tell(own, places)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    (tmp_path / "share").mkdir()
    (tmp_path / "home").mkdir()
    return Places(tmp_path / "home", tmp_path / "share")


@pytest.mark.req("S1-67")
def test_every_block_is_told_once_at_home_and_elsewhere(committed: None, logins: Logins, places: Places) -> None:
    assert places.folder
    for at in (0, 10):
        write(at + 1, at + 10)
        made = dict(sealed(logins))
        assert told(logins, places) == [] and told(logins, places) == []
    text = (places.folder / FILE).read_text()
    assert text == places.kept.read_text() and len(text.splitlines()) == 2
    assert read_told(places.folder / FILE)[2] == made[2]
    assert verdict(logins, read_told(places.folder / FILE)).whole


def test_a_place_that_is_away_is_an_alarm_and_is_caught_up(committed: None, logins: Logins, places: Places) -> None:
    assert places.folder
    away = places.folder.with_name("away")
    write(1, 10)
    sealed(logins)
    places.folder.rename(away)
    [first] = told(logins, places)
    write(11, 20)
    sealed(logins)
    [second] = told(logins, places)
    assert first.place == str(places.folder) and second.since == first.since
    assert troubles(places.home) == [second] and len(read_told(places.kept)) == 2
    away.rename(places.folder)
    assert told(logins, places) == [] and troubles(places.home) == []
    assert read_told(places.folder / FILE) == read_told(places.kept)


def test_half_a_line_of_a_crash_is_left_and_the_block_told_anew(
    committed: None, logins: Logins, places: Places
) -> None:
    write(1, 10)
    made = dict(sealed(logins))
    places.kept.parent.mkdir()
    places.kept.write_text("1 abc")
    assert told(logins, places) == [] and read_told(places.kept) == made


def test_a_second_place_that_says_otherwise_is_named(committed: None, logins: Logins, places: Places) -> None:
    assert places.folder
    write(1, 10)
    sealed(logins)
    told(logins, places)
    (places.folder / FILE).write_text(f"1 {'00' * 32}\n")
    [trouble] = told(logins, places)
    assert "第 1 行与本机所留的不一致" in trouble.why
    assert verdict(logins, read_told(places.folder / FILE)).broken == [1]


def test_a_block_made_anew_in_the_database_does_not_reach_what_was_told(
    committed: None, logins: Logins, places: Places, tamper: Tamper
) -> None:
    write(1, 10)
    sealed(logins)
    told(logins, places)
    tamper("UPDATE journal_entry SET operator = 'op-2' WHERE id = 7")
    tamper("DELETE FROM journal_block")
    sealed(logins)
    told(logins, places)
    assert verdict(logins, read_told(places.kept)).broken == [1]


def test_after_a_restored_backup_the_chain_goes_on_from_its_last_block(
    committed: None, logins: Logins, places: Places, tamper: Tamper
) -> None:
    for at in (0, 10):
        write(at + 1, at + 10)
        sealed(logins)
    told(logins, places)
    tamper("DELETE FROM journal_block WHERE number = 2; DELETE FROM journal_entry WHERE id > 10")
    assert verdict(logins, read_told(places.kept)).broken == [2]
    restored_told(places, 1, read_told(places.kept)[1])
    write(21, 30)
    sealed(logins)
    assert told(logins, places) == [] and verdict(logins, read_told(places.kept)).whole
    assert places.folder and read_told(places.folder / FILE) == read_told(places.kept)


def test_a_new_home_goes_on_from_what_the_lost_one_told(committed: None, logins: Logins, places: Places) -> None:
    write(1, 10)
    sealed(logins)
    told(logins, places)
    new = Places(places.home.parent / "other", places.folder)
    restored_told(new, 1, read_told(places.kept)[1])
    write(11, 20)
    sealed(logins)
    assert told(logins, new) == [] and places.folder
    assert (places.folder / FILE).read_text() == new.kept.read_text() and set(read_told(new.kept)) == {1, 2}


def test_a_restoration_that_only_the_home_tells_of_excuses_nothing(
    committed: None, logins: Logins, places: Places, tamper: Tamper
) -> None:
    write(1, 10)
    sealed(logins)
    assert told(logins, places) == [] and places.folder
    before = (places.folder / FILE).read_text()
    tamper("DELETE FROM journal_block; DELETE FROM journal_entry")
    with places.kept.open("a") as stream:
        stream.write("restored 0 2026-11-23T07:00:00Z\n")
    write(11, 20)
    sealed(logins)
    with psycopg.connect(logins.application) as own:
        assert contradictions(chain_asked(own), places)
    [trouble] = told(logins, places)
    assert "told-restored" in trouble.why and (places.folder / FILE).read_text() == before
    found, _ = told_places(places)
    assert not verdict(logins, found[str(places.folder / FILE)]).whole
    # Who restored it says so; from then on the place itself excuses what came before.
    assert restored_passed_on(places) == 2 and told(logins, places) == []
    assert all(verdict(logins, one).whole for one in told_places(places)[0].values())
    assert {place for place, _ in restorations(places)} == {str(places.kept), str(places.folder / FILE)}


def test_an_empty_folder_that_was_told_before_is_no_place(committed: None, logins: Logins, places: Places) -> None:
    write(1, 10)
    sealed(logins)
    assert told(logins, places) == [] and places.folder and told_places(places)[1] == {}
    places.folder.rename(places.folder.with_name("away"))
    places.folder.mkdir()
    [trouble] = told(logins, places)
    assert "没有挂载" in trouble.why and list(places.folder.iterdir()) == []
    assert list(told_places(places)[1]) == [str(places.folder / FILE)]


def test_telling_before_anything_is_sealed_tells_nothing(committed: None, logins: Logins, places: Places) -> None:
    assert told(logins, places) == [] and read_told(places.kept) == {}


def test_a_command_is_handed_each_line_once_and_may_fail(committed: None, logins: Logins, tmp_path: Path) -> None:
    out = tmp_path / "out"
    copy = f"import sys; open({str(out)!r}, 'a').write(sys.stdin.read())"
    works, fails = (shlex.join([sys.executable, "-c", code]) for code in (copy, "raise SystemExit(1)"))
    write(1, 10)
    sealed(logins)
    [trouble] = told(logins, Places(tmp_path, command=fails))
    assert trouble.place == fails
    for _ in range(2):
        assert told(logins, Places(tmp_path, command=works)) == []
    assert out.read_text() == Places(tmp_path).kept.read_text()

"""Who is the same person, who is not, and what a clerk must look at."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from tests.engine.linking.conftest import Linked, Row, number, person

from renshe.engine.linking.linking import link
from renshe.engine.project import ProjectError

BODY = "22080219640318012"
ID = number(BODY)
OTHER = number("22080219710505033")


def test_same_valid_number_and_name_is_the_same_person(linked: Linked) -> None:
    found = linked(person("pension", "P1", ID, "欧阳建国"), person("medical", "M1", ID, "歐陽建國"))
    assert found.decision("P1", "M1") == "same"
    assert "有效号码与姓名均相同" in found.pair("P1", "M1")["why"]
    assert found.cluster("P1") == {"P1", "M1"}


def test_a_number_of_15_digits_is_the_one_of_18(linked: Linked) -> None:
    old = BODY[:6] + BODY[8:]
    found = linked(person("pension", "P1", ID, "欧阳建国"), person("medical", "M1", old, "欧阳建国"))
    assert found.decision("P1", "M1") == "same"
    assert "升位后相同" in found.pair("P1", "M1")["why"]


@pytest.mark.parametrize(
    "written",
    [BODY[:10] + "9" + ID[11:], BODY[:9] + BODY[10] + BODY[9] + ID[11:], ID[:-1] + "0", ID[:12] + ID[13:]],
    ids=["digit", "neighbours", "check digit", "digit lost"],
)
def test_a_mistyped_number_does_not_hide_somebody(linked: Linked, written: str) -> None:
    assert written != ID
    found = linked(
        person("pension", "P1", ID, "欧阳建国", "1964-03-18", sex="2"),
        person("medical", "M1", written, "欧阳建国", "1964-03-18", sex="2"),
    )
    assert found.decision("P1", "M1") == "same"


@pytest.mark.parametrize(
    ("written", "told"), [("欧阳剑国", "同音"), ("欧阳建囯", "相同"), ("欧阳建园", "字形相近"), ("歐陽建國", "相同")]
)
def test_a_name_heard_or_read_wrong_is_found_by_number(linked: Linked, written: str, told: str) -> None:
    found = linked(person("pension", "P1", ID, "欧阳建国"), person("medical", "M1", ID, written))
    assert found.decision("P1", "M1") == "same"
    assert f"姓名{told}" in found.pair("P1", "M1")["why"] or told == "相同"


def test_without_a_number_name_and_birth_and_employer_tell(linked: Linked) -> None:
    found = linked(
        person("pension", "P1", ID, "欧阳建国", "1964-03-18", sex="2", unit_no="u1"),
        person("medical", "M1", None, "欧阳建国", "1964-03-18", sex="2", unit_no="u1"),
    )
    assert found.decision("P1", "M1") == "same"


def twins(**second: str | None) -> list[Row]:
    """Two sisters in both systems, ``second``: what is other of the younger one in the second system."""
    one, two = number("22080219640318012"), number("22080219640318014")
    rows = []
    for system, prefix in (("pension", "P"), ("medical", "M")):
        rows.append(person(system, f"{prefix}1", one, "王秀芳", "1964-03-18", sex="2", unit_no="u9"))
        rows.append(person(system, f"{prefix}2", two, "王秀芬", "1964-03-18", sex="2", unit_no="u9"))
    rows[-1] |= second
    return rows


@pytest.mark.parametrize(
    "second",
    [{}, {"id_number": None}, {"id_number": "220802196403180149"}, {"id_number": "220802640318014"}],
    ids=["clean", "no number", "wrong check digit", "15 digits"],
)
def test_twins_stay_two(linked: Linked, second: dict[str, str | None]) -> None:
    found = linked(*twins(**second))
    for one, other in (("P1", "P2"), ("P1", "M2"), ("M1", "P2"), ("M1", "M2")):
        assert found.decision(one, other) != "same", (one, other)
    assert found.cluster("P1") == {"P1", "M1"}
    assert "M2" in found.cluster("P2") or second.get("id_number", "") is None


def test_two_valid_numbers_are_never_the_same_person(linked: Linked) -> None:
    found = linked(
        person("pension", "P1", ID, "欧阳建国", "1964-03-18", sex="2", unit_no="u1", phone="13900000001"),
        person("medical", "M1", OTHER, "欧阳建国", "1964-03-18", sex="2", unit_no="u1", phone="13900000001"),
    )
    assert found.decision("P1", "M1") == "different"
    assert found.cluster("P1") == {"P1"}


def test_two_valid_numbers_with_one_birth_go_to_a_clerk(linked: Linked) -> None:
    again = number("22080219640318036")
    found = linked(
        person("pension", "P1", ID, "欧阳建国", "1964-03-18", sex="2", unit_no="u1", phone="13900000001"),
        person("medical", "M1", again, "欧阳建国", "1964-03-18", sex="2", unit_no="u1", phone="13900000001"),
    )
    assert found.decision("P1", "M1") == "review"
    assert "号码均有效而不同" in found.pair("P1", "M1")["why"]


def test_somebody_elses_number_goes_to_a_clerk(linked: Linked) -> None:
    found = linked(
        person("pension", "P1", ID, "欧阳建国", "1964-03-18"), person("medical", "M1", ID, "柳如烟", "1971-05-05")
    )
    assert found.decision("P1", "M1") == "review"
    assert "可能误用他人号码" in found.pair("P1", "M1")["why"]


def test_a_record_that_fits_two_valid_numbers_alike_goes_to_review(linked: Linked) -> None:
    first, second = number("22080219640318012"), number("22088119640318028")
    found = linked(
        person("pension", "P1", first, "欧阳建国", "1964-03-18", sex="2"),
        person("medical", "M1", None, "欧阳建国", "1964-03-18", sex="2"),
        person("employment", "E1", second, "欧阳建国", "1964-03-18", sex="2"),
    )
    assert found.decision("P1", "M1") == found.decision("M1", "E1") == "review"
    assert all(found.cluster(key) == {key} for key in ("P1", "M1", "E1"))


def test_two_records_of_one_system_in_one_cluster_are_a_duplicate(linked: Linked) -> None:
    found = linked(person("pension", "P1", ID, "欧阳建国"), person("pension", "P2", ID, "欧阳建国"))
    assert found.cluster("P1") == {"P1", "P2"}


def test_rows_that_were_taken_out_are_not_linked(linked: Linked) -> None:
    found = linked(person("pension", "P1", ID, "欧阳建国"), person("medical", "M1", ID, "欧阳建国", valid="0"))
    assert found.cluster("P1") == {"P1"}
    assert all(row["key"] != "M1" for row in found.rows("clusters"))


def test_every_record_is_in_one_cluster_and_every_pair_explained(linked: Linked, crowd: list[Row]) -> None:
    found = linked(*twins())
    keys = [(row["system"], row["key"]) for row in found.rows("clusters")]
    assert len(keys) == len(set(keys)) == len(crowd) + 4
    links = found.rows("links")
    assert all(row["why"] for row in links)
    clusters = {(row["system"], row["key"]): row["cluster"] for row in found.rows("clusters")}
    for row in links:
        left, right = ((row[f"{side}_system"], row[f"{side}_key"]) for side in ("left", "right"))
        assert row["decision"] != "same" or clusters[left] == clusters[right]


def test_a_key_that_very_many_share_is_dropped_and_told(linked: Linked) -> None:
    """Namesakes of one year: more than are looked at together, so these two of one day are not found by it."""
    first = dt.date(1980, 1, 1)
    days = [str(first + dt.timedelta(days=at)) for at in range(210)]
    found = linked(*(person("medical", f"M{at}", None, "慕容伟", day, sex="1") for at, day in enumerate(days)))
    told = json.loads((found.folder / "manifest.json").read_text("utf-8"))["dropped"]
    assert {"key": "pinyin_year", "values": 1, "records": 210} in told
    # A day and the next share no other key than the one that was dropped.
    assert not found.pair("M0", "M1")


def test_a_project_without_a_round_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"没有 project\.toml，不是项目文件夹"):
        link(tmp_path)
    assert not list(tmp_path.iterdir())
    (tmp_path / "project.toml").touch()
    with pytest.raises(ProjectError, match="请先运行 renshe clean"):
        link(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["project.toml"]


def test_marks_behind_a_name_do_not_make_it_anothers(linked: Linked) -> None:
    found = linked(person("pension", "P1", ID, "吴畅佳"), person("medical", "M1", ID, "吴畅佳1#"))
    assert found.decision("P1", "M1") == "same"
    assert "姓名除数字和符号外相同" in found.pair("P1", "M1")["why"]

"""The examination of linking: its sets are what they claim, and its judge counts as one counts by hand."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarks.linking.judging import characters, maker_a, maker_b, maker_c
from benchmarks.linking.judging.__main__ import passes
from benchmarks.linking.judging.score import Truth, judge

from renshe.standards.identity import id_birth, id_sex, is_valid_id_number

Maker = Callable[[Path, int, int, float], None]
MAKERS = {"a": maker_a.make, "b": maker_b.make, "c": maker_c.make}
every_maker = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def rows(project: Path, table: str = "person") -> dict[tuple[str, str], dict[str, str]]:
    """Every row of a table of a made project by system and number, under standard names."""
    found = {}
    for source in tomllib.loads((project / "project.toml").read_text("utf-8"))["source"]:
        if source["table"] == table:
            encoding = "gb18030" if "参保" in source["file"] else "utf-8-sig"
            names = {heading: name for name, heading in source["columns"].items()}
            with (project / source["file"]).open(encoding=encoding, newline="") as lines:
                for row in csv.DictReader(lines):
                    values = {names[heading]: value for heading, value in row.items()}
                    found[source["system"], values[f"{table}_no"]] = values
    return found


@every_maker
def test_a_set_is_made_again_from_its_seed_and_from_no_other(make: Maker, tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("again", 7), ("other", 8)):
        make(tmp_path / name, 150, seed, 0.33)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    same = [(tmp_path / "one" / file).read_bytes() == (tmp_path / "again" / file).read_bytes() for file in files]
    assert all(same)
    assert (tmp_path / "one/truth.parquet").read_bytes() != (tmp_path / "other/truth.parquet").read_bytes()


@every_maker
@pytest.mark.parametrize("damaged", [0.1, 0.33])
def test_as_many_records_are_damaged_as_were_asked_for(make: Maker, damaged: float, tmp_path: Path) -> None:
    make(tmp_path, 3000, 3, damaged)
    kinds = pq.read_table(tmp_path / "damage.parquet")["kinds"].to_pylist()
    share = sum(1 for one in kinds if one) / len(kinds)
    assert share == pytest.approx(damaged, abs=0.02)


@every_maker
def test_whole_records_tell_valid_numbers_that_are_one_persons_alone(make: Maker, tmp_path: Path) -> None:
    make(tmp_path, 1500, 4, 0.33)
    people, truth = rows(tmp_path), Truth(tmp_path)
    assert set(people) == set(truth.person) == set(truth.kinds)
    owners: dict[str, int] = {}
    for key, values in people.items():
        if truth.kinds[key]:
            continue
        number = values["id_number"]
        assert is_valid_id_number(number)
        assert id_sex(number) == {"男": "1", "女": "2"}.get(values["sex"], values["sex"])
        if "birth_date" in values:
            assert id_birth(number) == date.fromisoformat(values["birth_date"])
        assert owners.setdefault(number, truth.person[key]) == truth.person[key]


@every_maker
def test_no_number_is_both_a_persons_and_a_units(make: Maker, tmp_path: Path) -> None:
    make(tmp_path, 1500, 4, 0.33)
    people = rows(tmp_path)
    units = {values["unit_no"] for values in people.values()} | {number for _, number in rows(tmp_path, "unit")}
    assert not units & {number for _, number in people}


@every_maker
def test_every_record_still_says_when_its_person_was_born(make: Maker, tmp_path: Path) -> None:
    """A record without number and date would be nobody's to decide."""
    make(tmp_path, 1500, 5, 0.33)
    kinds = Truth(tmp_path).kinds
    for key, values in rows(tmp_path).items():
        assert values["id_number"] or values["birth_date"] not in ("", "19000101", "1900-01-01"), (key, kinds[key])


@every_maker
def test_twins_share_birth_and_family_name_and_have_neighbouring_numbers(make: Maker, tmp_path: Path) -> None:
    make(tmp_path, 3000, 6, 0.0)
    people, truth = rows(tmp_path), Truth(tmp_path)
    twins = sorted(
        {
            (values["id_number"], values["name"])
            for key, values in people.items()
            if "twin" in truth.traits[key] and not truth.kinds[key]
        }
    )
    pairs = [(one, next_one) for one, next_one in pairwise(twins) if one[0][:14] == next_one[0][:14]]
    assert len(pairs) >= 5
    for (left, left_name), (right, right_name) in pairs:
        assert int(right[14:17]) - int(left[14:17]) <= 4
        assert len(left_name) == len(right_name)
        assert sum(one != other for one, other in zip(left_name, right_name, strict=True)) == 1


def test_what_sounds_alike_or_is_written_in_full_is_never_the_character_itself() -> None:
    assert "伟" not in characters.homophones("伟")
    assert "玮" in characters.homophones("伟")
    assert "林" in characters.near_homophones("玲")
    assert "汪" in characters.surname_homophones("王")
    assert characters.in_full("张晓东") == "張曉東"
    assert all(char not in characters.lookalikes(char) for char in characters.GIVEN)
    assert not [char for char in characters.GIVEN if char in characters.near_homophones(char)]


PEOPLE = [
    # system, key, person, kinds, number, birth, sex
    ("pension", "1", 1, [], "220802196001011014", date(1960, 1, 1), "1"),
    ("pension", "2", 1, ["id_15"], "220802600101101", date(1960, 1, 1), "1"),
    ("medical", "3", 1, [], "220802196001011014", date(1960, 1, 1), "1"),
    ("pension", "4", 2, [], "220802197005052029", date(1970, 5, 5), "2"),
    ("medical", "5", 2, ["name_sound"], "220802197005052029", None, None),
    ("medical", "6", 3, [], "220802198107073036", date(1981, 7, 7), "1"),
]


def linked_project(folder: Path, links: list[tuple[str, str, str]], clusters: dict[str, int]) -> Path:
    """A project as ``renshe link`` leaves it; the system of a number is that of ``PEOPLE``, else a unit's."""
    systems = {key: system for system, key, *_ in PEOPLE}
    columns = list(zip(*PEOPLE, strict=True))
    link = folder / "rounds/0002/link"
    for place in (link, folder / "rounds/0002/tables"):
        place.mkdir(parents=True)
    pq.write_table(pa.table({"system": columns[0], "key": columns[1], "person": columns[2]}), folder / "truth.parquet")
    damage = {"system": columns[0], "key": columns[1], "kinds": columns[3], "traits": [["twin"], *[[]] * 5]}
    pq.write_table(pa.table(damage), folder / "damage.parquet")
    person = {"system": columns[0], "person_no": columns[1], "id_number": columns[4]}
    person |= {"birth_date": pa.array(columns[5], pa.date32()), "sex": columns[6]}
    pq.write_table(pa.table(person), folder / "rounds/0002/tables/person.parquet")
    text = pa.string()
    written = {
        "left_system": pa.array([systems.get(left, "pension") for left, _, _ in links], text),
        "left_key": pa.array([left for left, _, _ in links], text),
        "right_system": pa.array([systems.get(right, "medical") for _, right, _ in links], text),
        "right_key": pa.array([right for _, right, _ in links], text),
        "decision": pa.array([decision for _, _, decision in links], text),
    }
    pq.write_table(pa.table(written), link / "links.parquet")
    members = {
        "cluster": list(clusters.values()),
        "system": [systems.get(key, "pension") for key in clusters],
        "key": list(clusters),
    }
    pq.write_table(pa.table(members), link / "clusters.parquet")
    return folder


def test_numbers_of_the_hand_made_people_are_what_the_tests_below_suppose() -> None:
    assert [is_valid_id_number(row[4]) for row in PEOPLE] == [True, False, True, True, True, True]


def test_pairs_are_counted_across_systems_and_within_one(tmp_path: Path) -> None:
    links = [
        ("1", "3", "same"),
        ("3", "1", "review"),  # the same pair again: the stronger decision counts
        ("2", "3", "review"),
        ("4", "5", "different"),
        ("4", "6", "same"),
        ("900", "901", "same"),  # units
    ]
    found = judge(linked_project(tmp_path, links, {"1": 1, "2": 1, "3": 1, "4": 2, "6": 2, "5": 3, "900": 4}))
    # True are 1-2, 1-3, 2-3 and 4-5.
    assert found["links"] == {
        "true_pairs": 4,
        "linked": 2,
        "right": 1,
        "wrong": 1,
        "precision": 0.5,
        "recall": 0.25,
        "f1": pytest.approx(1 / 3, abs=1e-6),
    }
    assert (found["clusters"]["linked"], found["clusters"]["right"]) == (4, 3)
    assert found["candidates"]["recall"] == 0.5
    assert (found["review"], found["links_not_of_persons"]) == (1, 1)


def test_recall_is_told_by_what_happened_to_either_record(tmp_path: Path) -> None:
    links = [("1", "3", "same"), ("2", "3", "review"), ("4", "6", "same")]
    found = judge(linked_project(tmp_path, links, {}))
    kinds = found["by_kind"]
    assert kinds["none"] == {"true_pairs": 1, "right": 1, "seen": 1, "wrong": 1, "recall": 1.0}
    assert kinds["id_15"] == {"true_pairs": 2, "right": 0, "seen": 1, "wrong": 0, "recall": 0.0}
    assert kinds["name_sound"]["recall"] == 0
    assert found["by_trait"]["twin"] == {"true_pairs": 2, "right": 1, "seen": 1, "wrong": 0, "recall": 0.5}


@pytest.mark.parametrize(
    ("pair", "forbidden"),
    [
        (("1", "4"), 1),  # two numbers, two births, both sexes
        (("1", "5"), 1),  # birth and sex only in the number
        (("1", "6"), 0),  # both men
        (("2", "4"), 0),  # 15 digits are not valid
        (("1", "3"), 0),
    ],
)
def test_two_valid_numbers_with_other_births_and_sexes_must_not_be_the_same(
    pair: tuple[str, str], forbidden: int, tmp_path: Path
) -> None:
    found = judge(linked_project(tmp_path, [(*pair, "same")], dict.fromkeys(pair, 1)))
    assert found["forbidden"] == found["forbidden_by_id"] == found["forbidden_in_clusters"] == forbidden
    (tmp_path / "review").mkdir()
    assert judge(linked_project(tmp_path / "review", [(*pair, "review")], {}))["forbidden"] == 0


def test_output_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with pytest.raises(ValueError, match="perhaps"):
        judge(linked_project(tmp_path / "a", [("1", "3", "perhaps")], {}))
    with pytest.raises(ValueError, match="itself"):
        judge(linked_project(tmp_path / "b", [("1", "1", "same")], {}))
    with pytest.raises(FileNotFoundError, match="no round"):
        judge(tmp_path)


def test_a_bar_asks_links_and_clusters_alike_and_forbidden_pairs_always_fail() -> None:
    good, bad = {"f1": 0.995, "precision": 0.9996}, {"f1": 0.995, "precision": 0.999}
    assert passes({"forbidden": 0, "links": good, "clusters": good}, 0.992)
    assert not passes({"forbidden": 0, "links": good, "clusters": bad}, 0.992)
    assert not passes({"forbidden": 0, "links": good, "clusters": good}, 0.997)
    assert passes({"forbidden": 0, "links": bad, "clusters": bad}, None)
    assert not passes({"forbidden": 1, "links": good, "clusters": good}, None)

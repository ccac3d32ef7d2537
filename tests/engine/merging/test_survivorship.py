"""Which value survives: declared rules, the first that tells two values apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.engine.decisions.pairs import compared_fields
from renshe.engine.merging.survivorship import NEW, OLD, FieldPlan, Record, survivorship
from renshe.standards.dictionary import dictionary

VALID, OTHER_VALID, WRONG = "220802196008150033", "220802198105230034", "220802196008150034"


def record(side: str, system: str = "pension", /, **values: str | None) -> Record:
    untyped = frozenset(name for name, value in values.items() if value == "不详")
    return Record(side, system, values, untyped)


def chosen(*records: Record) -> dict[str, FieldPlan]:
    names = sorted({name for one in records for name in one.values})
    return {one.name: one for one in survivorship().choose(records, names)}


def test_every_field_of_a_person_has_a_rule_and_no_rule_names_another() -> None:
    ruled = [name for rule in survivorship().fields for name in rule.fields]
    assert sorted(ruled) == sorted(compared_fields()) and len(set(ruled)) == len(ruled)
    assert set(compared_fields()) < set(dictionary()["person"].names)


@pytest.mark.req("S1-41", part="survivorship")
def test_police_come_before_pension_and_pension_before_others() -> None:
    pair = record(OLD, "medical", name="王方"), record(NEW, "medical", name="王芳")
    police, pension = record("police", "police", name="王方"), record("pension", "pension", name="王放")
    assert (chosen(*pair)["name"].value, chosen(*pair)["name"].why) == ("王芳", "从保留编号")
    assert chosen(*pair, pension)["name"].value == "王放"
    told = chosen(*pair, pension, police)["name"]
    assert (told.value, told.origin, told.why) == ("王方", OLD, "以公安为准")
    assert (told.other, told.other_system) == ("王方", "police")


def test_police_know_nothing_of_accounts_and_telephones() -> None:
    pair = record(OLD, phone="1"), record(NEW, phone="2")
    assert chosen(*pair, record("police", "police", phone="3"))["phone"].value == "2"


def test_what_was_verified_last_comes_before_what_was_only_worked_on_last() -> None:
    old = Record(OLD, "pension", {"phone": "1"}, verified={"phone": "2026-01-01"}, operated_on="2001-01-01")
    new = Record(NEW, "pension", {"phone": "2"}, verified={"phone": "2025-01-01"}, operated_on="2020-01-01")
    assert (chosen(old, new)["phone"].value, chosen(old, new)["phone"].why) == ("1", "最近核实")
    unverified = Record(OLD, "pension", {"phone": "1"}, operated_on="2021-01-01")
    plain = Record(NEW, "pension", {"phone": "2"}, operated_on="2020-01-01")
    assert (chosen(unverified, plain)["phone"].value, chosen(unverified, plain)["phone"].why) == ("1", "经办日期最近")


@pytest.mark.req("S1-41", part="birth date")
def test_the_birth_date_of_the_file_is_the_earliest_record_whatever_the_card_says() -> None:
    pair = (
        record(OLD, file_birth_date="1959-01-01", birth_date="1960-08-15"),
        record(NEW, file_birth_date="1960-08-15", birth_date="1961-08-15"),
    )
    told = chosen(*pair, record("police", "police", birth_date="1961-08-15", file_birth_date="1961-08-15"))
    assert (told["file_birth_date"].value, told["file_birth_date"].why) == ("1959-01-01", "档案最早记载")
    assert told["birth_date"].value == "1961-08-15"


@pytest.mark.req("S1-41", part="birth date")
def test_of_contradicting_birth_dates_and_sexes_the_one_in_the_valid_number_survives() -> None:
    old, new = {"birth_date": "1960-08-15", "sex": "1"}, {"birth_date": "1960-08-16", "sex": "2"}
    police = record("police", "police", birth_date="1960-08-16", sex="2")
    for numbers in ((VALID, VALID), (VALID, None), (WRONG, VALID)):
        pair = [
            record(side, id_number=one, **more) for side, one, more in zip((OLD, NEW), numbers, (old, new), strict=True)
        ]
        told = chosen(*pair, police)
        assert (told["birth_date"].value, told["sex"].value) == ("1960-08-15", "1")
        assert told["birth_date"].why == "与有效证件号码相符"
    neither = (
        record(OLD, id_number=VALID, birth_date="1960-01-01"),
        record(NEW, id_number=VALID, birth_date="1961-01-01"),
    )
    assert chosen(*neither)["birth_date"].why == "从保留编号"
    wrong = record(OLD, id_number=WRONG, **old), record(NEW, id_number=WRONG, **new)
    assert chosen(*wrong)["birth_date"].value == "1960-08-16", "a number that proves nothing settles nothing"


def test_a_valid_number_comes_before_a_wrong_one_and_its_paper_with_it() -> None:
    pair = record(OLD, id_number=VALID, id_type="01"), record(NEW, id_number=WRONG, id_type="99")
    told = chosen(*pair)
    assert (told["id_number"].value, told["id_type"].value) == (VALID, "01")
    police = record("police", "police", id_number=OTHER_VALID)
    assert chosen(*pair, police)["id_number"].value == OTHER_VALID


def test_account_and_holder_come_from_one_record() -> None:
    old = Record(OLD, "pension", {"bank_account": "1", "bank_holder": "甲"}, verified={"bank_account": "2026-01-01"})
    new = Record(NEW, "pension", {"bank_account": "2", "bank_holder": "乙"}, verified={"bank_holder": "2026-02-02"})
    assert {name: one.value for name, one in chosen(old, new).items()} == {"bank_account": "1", "bank_holder": "甲"}
    bare = Record(OLD, "pension", {"bank_account": "1", "bank_holder": None}, verified={"bank_account": "2026-01-01"})
    assert chosen(bare, new)["bank_holder"].value == "乙", "never an empty value over a filled one"


def test_fields_that_agree_are_left_alone() -> None:
    assert chosen(record(OLD, name="王芳"), record(NEW, name="王芳"), record("police", "police", name="王方")) == {}


def test_a_value_that_could_not_be_typed_survives_nothing() -> None:
    pair = record(OLD, birth_date="不详"), record(NEW, birth_date=None)
    told = chosen(*pair)["birth_date"]
    assert (told.value, told.origin, told.untyped) == (None, NEW, frozenset({OLD}))
    assert chosen(*pair, record("police", "police", birth_date="1960-01-01"))["birth_date"].value == "1960-01-01"


VALUES = st.sampled_from([None, "不详", "1960-01-01", "1961-01-01", VALID, WRONG])


@given(st.sampled_from(compared_fields()), VALUES, VALUES, st.lists(VALUES, max_size=2))
def test_no_empty_value_ever_survives_a_filled_one_and_none_is_invented(
    name: str, old: str | None, new: str | None, others: list[str | None]
) -> None:
    systems = zip(("police", "pension"), others, strict=False)
    evidence = [record(system, system, **{name: value}) for system, value in systems]
    told = chosen(record(OLD, **{name: old}), record(NEW, **{name: new}), *evidence)
    assert (name in told) == (old != new)
    for one in told.values():
        assert one.value in {old, new, *others}
        filled = {value for value in (old, new) if value not in (None, "不详")}
        assert not filled or one.value not in (None, "不详")
        assert one.value_of(one.origin) == one.value or one.origin in ("police", "pension")


@pytest.mark.req("S1-41", part="survivorship")
@pytest.mark.parametrize(
    ("field", "nothing", "something"),
    [
        ("file_birth_date", "1900-01-01", "1960-01-05"),
        ("phone", "00000000000", "13904367788"),
        ("address", "不详", "白城市幸福小区2单元301"),
        ("bank_account", "11111111111111", "6228480600001000003"),
    ],
)
def test_what_stands_for_nothing_never_survives_a_value(field: str, nothing: str, something: str) -> None:
    old = Record(OLD, "pension", {field: something}, operated_on="2001-01-01")
    new = Record(NEW, "pension", {field: nothing}, operated_on="2020-01-01")
    told = chosen(old, new)[field]
    assert (told.value, told.why) == (something, "另一条是占位值，等于没有填")


def test_a_death_that_stands_for_nothing_does_not_come_to_somebody_living() -> None:
    told = chosen(record(OLD, death_date="1900-01-01"), record(NEW, death_date=None))["death_date"]
    assert (told.value, told.origin) == (None, NEW)

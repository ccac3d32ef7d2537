"""Merges in a round: one number for one person; what was under the other is kept, found, given back when undone."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.engine.merging.conftest import (
    ID_ONE,
    Agency,
    agency,
    agreed,
    became,
    decide,
    plans,
    revoke,
    rows,
    twice,
)

from renshe.engine.decisions.log import Decision
from renshe.engine.decisions.terms import Contact
from renshe.engine.merging.plan import PairPlan
from renshe.engine.rounds.clean import RoundResult, clean

__all__ = ["agency", "twice"]


def planned(agency: Agency, *pairs: tuple[str, str]) -> list[PairPlan]:
    """Return the plans of pairs (old, new), each as if it were the only one."""
    found = []
    for old, new in pairs or (("1002", "1001"),):
        found += plans(agency.folder, ("pension", old, new))
    return found


def correct(table: str, key: list[Any], field: str, old: str | None, new: str | None) -> Decision:
    """A correction, without regard to where the row stands."""
    return Decision(
        "", "", "李经办", "correct", None, table, "pension", json.dumps(key), field, old, new, ground="凭证"
    )  # fmt: skip


def reason(result: RoundResult) -> str:
    """Return why the last decision does not fit."""
    state, why = became(result)[-1]
    assert state == "unfit" and why is not None
    return why


@pytest.mark.req("S1-43")
def test_a_merge_joins_base_information_enrolments_and_contributions_and_can_be_undone(twice: Agency) -> None:
    twice.add("change", ("L1", "1002", "110", "11", "2005-12-31"))
    twice.add("account", ("1002", "110", 2005, 0, 100), ("1001", "110", 2006, 100, 200))
    first = twice.round()
    files = {file: file.read_bytes() for file in twice.folder.glob("*.*")}
    [one] = planned(twice)
    [merge] = decide(twice.folder, agreed(one))
    second = clean(twice.folder)
    assert became(second) == [("applied", None)]
    goes, stays = rows(second, "person")[1], rows(second, "person")[0]
    assert (goes["person_no"], goes["valid"], goes["hold"], goes["hold_reason"]) == (
        "1002",
        "0",
        "2",
        "已并入个人编号1001",
    )
    assert (stays["id_number"], stays["name"], str(stays["file_birth_date"])) == (ID_ONE, "孙德福", "1959-01-01")
    assert {row["person_no"] for row in rows(second, "enrolment")} == {"1001", "1003"}
    assert [row["person_no"] for row in rows(second, "change") + rows(second, "account")] == ["1001"] * 3
    moved, repeated = (row for row in rows(second, "contribution") if row["unit_no"] == "U2")
    assert (moved["person_no"], moved["valid"]) == ("1001", None)
    assert (repeated["person_no"], repeated["valid"], repeated["hold"]) == ("1002", "0", "1")
    assert repeated["hold_reason"] == "重复缴费待退，已并入个人编号1001"
    [told] = rows(second, "merged")
    assert {name: told[name] for name in ("old", "new", "number", "decision", "scope", "moved", "refunds")} == {
        "old": "1002", "new": "1001", "number": "1001", "decision": merge, "scope": "local", "moved": 4, "refunds": 1,
    }  # fmt: skip
    [refund] = rows(second, "refunds")
    assert (refund["period"], refund["unit"], refund["person"], refund["amount"]) == (
        200512, Decimal("640.00"), Decimal("320.00"), Decimal("960.00"),
    )  # fmt: skip
    assert {file: file.read_bytes() for file in files} == files
    revoke(twice.folder, merge)
    third = clean(twice.folder)
    assert third.manifest["digests"] == first.manifest["digests"] != second.manifest["digests"]
    assert rows(third, "merged") == rows(third, "refunds") == []


@pytest.mark.req("S1-43", part="sums")
def test_a_month_that_both_paid_counts_once(twice: Agency) -> None:
    first = twice.round()
    assert not [row for row in rows(first, "findings") if row["rule"] == "CON-DUP"]
    decide(twice.folder, agreed(planned(twice)[0]))
    second = clean(twice.folder)
    assert not [row for row in rows(second, "findings") if row["rule"] in ("CON-DUP", "CON-PERSON", "PER-ID-DUP")]
    paid = [row["period"] for row in rows(second, "contribution") if row["person_no"] == "1001" and row["valid"] != "0"]
    assert sorted(paid) == [200511, 200512, 200601, 200602]


def changed(agency: Agency, table: str, number: str, at: int, value: Any) -> None:
    """Change a value of the first row of a number in the source."""
    made = agency.rows["pension", table]
    place = next(n for n, given in enumerate(made) if given[0] == number)
    row = list(made[place])
    row[at] = value
    made[place] = row


PAID, SPELL = ["1002", "110", 200511, "U2", "1", None, None], ["1002", "110", "U2", 200103]
# Where in the source it stands, what a decision names it by, and the value that forbids.
FORBIDDEN = [
    ("contribution", 10, PAID, "arrived", "1", "0", "有欠费"),
    ("enrolment", 4, SPELL, "end_date", "2005-12-31", "2007-12-31", "参保关系时间重叠"),
    ("person", 10, ["1002"], "hold", None, "1", "人员信息已冻结"),
]


@pytest.mark.req("S1-42", part="arrears and relations")
@pytest.mark.parametrize("case", FORBIDDEN, ids=[case[0] for case in FORBIDDEN])
@pytest.mark.parametrize("since", ["source", "decision"])
def test_what_came_to_forbid_a_merge_since_it_was_planned_forbids_it(
    twice: Agency, case: tuple[str, int, list[Any], str, str | None, str, str], since: str
) -> None:
    table, at, key, field, old, new, said = case
    twice.round()
    [one] = planned(twice)
    if since == "decision":
        decide(twice.folder, correct(table, key, field, old, new))
        before = clean(twice.folder)
    else:
        changed(twice, table, "1002", at, new)
        before = twice.round()
    decide(twice.folder, agreed(one))
    after = clean(twice.folder)
    assert said in reason(after)
    assert after.manifest["digests"] == before.manifest["digests"], "nothing of a merge that does not fit is applied"
    assert rows(after, "merged") == []


@pytest.mark.req("S1-42", part="contact")
@pytest.mark.parametrize(
    "more",
    [
        {"contact": None},
        {"contact": Contact("2026-01-05", "李经办", "refused")},
        {"contact": Contact("2026-01-05", " ", "agreed")},
        {"contact": Contact("昨天", "李", "agreed")},
        {"checked_by": "李 经办"},
    ],
)
def test_nothing_is_merged_without_consent_or_by_one_hand(twice: Agency, more: dict[str, Any]) -> None:
    first = twice.round()
    [one] = planned(twice)
    decide(twice.folder, agreed(one, **more))
    second = clean(twice.folder)
    said = "没有联系参保对象并取得同意的记录" if "contact" in more else "经办人与复核人是同一人；请撤销后由另一人复核"
    assert said in reason(second)
    assert second.manifest["digests"] == first.manifest["digests"]


def test_both_drawing_a_benefit_are_not_merged(twice: Agency) -> None:
    twice.benefit("1001", no="B1")
    twice.benefit("1002", status="3", no="B2")
    twice.round()
    [one] = planned(twice)
    changed(twice, "benefit", "B2", 5, "1")
    twice.round()
    decide(twice.folder, agreed(one))
    assert "两个编号都在领取待遇" in reason(clean(twice.folder))


@pytest.mark.parametrize(
    ("table", "at", "value", "said"),
    [
        ("person", 2, "孙得福", "两条人员信息与方案不一致（姓名）"),
        ("person", 1, "", "两条人员信息与方案不一致（社会保障号码）"),
        ("person", 0, "1009", "人员信息不是恰好一条有效记录"),
        ("contribution", 0, "1009", "被并编号的“人员缴费”比方案少 1 条"),
        ("enrolment", 0, "1009", "被并编号的“人员参保”比方案少 1 条"),
    ],
)
def test_what_was_agreed_on_and_is_no_longer_so_keeps_a_merge_from_being_applied(
    twice: Agency, table: str, at: int, value: Any, said: str
) -> None:
    twice.round()
    [one] = planned(twice)
    changed(twice, table, "1002", at, value)
    before = twice.round()
    decide(twice.folder, agreed(one))
    after = clean(twice.folder)
    assert said in reason(after)
    assert "renshe merge-plan" in reason(after) or "PER-NO-DUP" in reason(after), "the remedy is told"
    assert after.manifest["digests"] == before.manifest["digests"]


def test_another_repeated_month_than_agreed_keeps_a_merge_from_being_applied(twice: Agency) -> None:
    twice.round()
    [one] = planned(twice)
    twice.paid("1002", 200601, unit="U2")
    twice.round()
    decide(twice.folder, agreed(one))
    assert "同月重复缴费与方案不一致" in reason(clean(twice.folder))


def test_further_rows_of_the_old_number_move_with_the_others(twice: Agency) -> None:
    twice.round()
    decide(twice.folder, agreed(planned(twice)[0]))
    twice.paid("1002", 200509, 200510, unit="U2")
    after = twice.round()
    assert became(after) == [("applied", None)]
    assert [row["person_no"] for row in rows(after, "contribution") if row["period"] in (200509, 200510)] == [
        "1001"
    ] * 2


def test_an_empty_value_does_not_take_the_place_of_a_filled_one_whoever_wrote_the_decision(twice: Agency) -> None:
    twice.round()
    merge = agreed(planned(twice)[0])
    details = json.loads(str(merge.details))
    details["fields"]["phone"]["value"] = None
    decide(twice.folder, replace(merge, details=json.dumps(details)))
    assert "“联系电话”不能以空值代替已有的值" in reason(clean(twice.folder))


def many(agency: Agency, *numbers: str) -> None:
    """The same person under many numbers, each paying in a year of its own."""
    for at, number in enumerate(numbers):
        agency.person(number, phone=f"1380436000{at}")
        agency.enrolment(number, f"{2001 + at}-01-01", f"{2001 + at}-12-31")
        agency.paid(number, (2001 + at) * 100 + 1)


def numbers(result: RoundResult) -> dict[str, str]:
    return {row["old"]: row["number"] for row in rows(result, "merged")}


def chain(agency: Agency, *pairs: tuple[str, str]) -> tuple[list[str], RoundResult]:
    """Merge pairs one after another, each planned when those before it are applied."""
    ids, last = [], agency.round()
    for old, new in pairs:
        [one] = planned(agency, (old, new))
        ids += decide(agency.folder, agreed(one))
        last = clean(agency.folder)
    return ids, last


@pytest.mark.req("S1-43", part="resolvable")
def test_merges_of_merges_lead_every_number_to_the_last_one(agency: Agency) -> None:
    many(agency, "A", "B", "C")
    _, last = chain(agency, ("A", "B"), ("B", "C"))
    assert became(last) == [("applied", None)] * 2
    assert numbers(last) == {"A": "C", "B": "C"}
    assert {row["person_no"] for row in rows(last, "contribution")} == {"C"}
    assert [row["valid"] for row in rows(last, "person")] == ["0", "0", None]


def test_the_middle_of_a_chain_revoked_leaves_what_no_longer_fits_unapplied(agency: Agency) -> None:
    many(agency, "A", "B", "C", "D")
    [first, second, third], _ = chain(agency, ("A", "B"), ("B", "C"), ("C", "D"))
    revoke(agency.folder, second)
    without = clean(agency.folder)
    states = {row["id"]: (row["state"], row["reason"]) for row in rows(without, "applied")}
    assert states[first][0] == "applied" and states[second][0] == "revoked"
    assert states[third][0] == "unfit" and "比方案少" in str(states[third][1])
    assert numbers(without) == {"A": "B"}
    revoke(agency.folder, first)
    assert numbers(clean(agency.folder)) == {}


def test_a_number_is_merged_once_and_never_in_a_circle(agency: Agency) -> None:
    many(agency, "A", "B", "C")
    agency.round()
    merges = [agreed(one) for one in planned(agency, ("A", "B"), ("B", "A"), ("A", "C"), ("C", "A"))]
    decide(agency.folder, *merges)
    result = clean(agency.folder)
    states = became(result)
    assert [state for state, _ in states] == ["applied", "unfit", "unfit", "unfit"]
    assert all("A 已并入 B" in str(why) for _, why in states[1:])
    assert numbers(result) == {"A": "B"}


def test_two_numbers_that_are_one_are_refused(agency: Agency) -> None:
    many(agency, "A", "B")
    agency.round()
    decide(agency.folder, replace(agreed(planned(agency, ("A", "B"))[0]), new="A"))
    assert "两个编号相同" in reason(clean(agency.folder))


def test_merges_that_share_no_number_are_applied_together_and_others_in_turn(agency: Agency) -> None:
    many(agency, "A", "B", "C", "D", "E", "F")
    agency.round()
    one, two, late = planned(agency, ("A", "B"), ("C", "D"), ("B", "E"))
    decide(agency.folder, agreed(one), agreed(late), agreed(two))
    states = became(clean(agency.folder))
    # B keeps its own telephone, so what was planned for it still holds; A's rows move on with B's.
    assert [state for state, _ in states] == ["applied", "applied", "applied"]


@pytest.mark.req("S1-43", part="decisions after a merge")
def test_decisions_before_and_after_a_merge_meet_the_rows_as_they_are_then(twice: Agency) -> None:
    twice.round()
    early = correct("contribution", ["1002", "110", 200511, "U2", "1", None, None], "base", "4000.00", "3900.00")
    decide(twice.folder, early)
    clean(twice.folder)
    decide(twice.folder, agreed(planned(twice)[0]))
    decide(
        twice.folder,
        correct("contribution", ["1001", "110", 200511, "U2", "1", None, None], "base", "3900.00", "3800.00"),
        correct("enrolment", ["1001", "110", "U2", 200103], "end_date", "2005-12-31", "2005-11-30"),
        correct("contribution", ["1002", "110", 200512, "U2", "1", None, None], "base", "4000.00", "1.00"),
        correct("person", ["1002"], "name", "孙德富", "孙德"),
        correct("person", ["1001"], "name", "孙德福", "孙德"),
        Decision("", "", "李经办", "restore", None, "person", "pension", '["1002"]', ground="凭证"),
    )
    result = clean(twice.folder)
    states = became(result)
    assert [state for state, _ in states] == ["applied"] * 4 + ["unfit", "unfit", "applied", "unfit"]
    assert all("请先撤销合并" in str(why) for state, why in states if state == "unfit")
    [row] = [row for row in rows(result, "contribution") if row["period"] == 200511]
    assert (row["person_no"], str(row["base"])) == ("1001", "3800.00")
    [spell] = [row for row in rows(result, "enrolment") if row["unit_no"] == "U2"]
    assert (spell["person_no"], spell["end_month"]) == ("1001", 200511)
    assert rows(result, "person")[0]["name"] == "孙德"


def test_what_a_decision_settled_before_a_merge_counts_for_it_and_its_revocation_too(twice: Agency) -> None:
    twice.paid("1002", 200401, unit="U2", arrived="0")
    twice.round()
    [blocked] = planned(twice)
    assert [one.id for one in blocked.obstacles] == ["MRG-ARREARS"]
    key = ["1002", "110", 200401, "U2", "1", None, None]
    [arrived] = decide(twice.folder, correct("contribution", key, "arrived", "0", "1"))
    clean(twice.folder)
    decide(twice.folder, agreed(planned(twice)[0]))
    assert [state for state, _ in became(clean(twice.folder))] == ["applied", "applied"]
    revoke(twice.folder, arrived)
    states = {row["kind"]: row["state"] for row in rows(clean(twice.folder), "applied")}
    assert states == {"correct": "revoked", "merge": "unfit"}


def test_a_row_that_a_decision_gave_to_the_old_number_moves_with_it(twice: Agency) -> None:
    twice.paid("1003", 200401, unit="U2")
    twice.round()
    key = ["1003", "110", 200401, "U2", "1", None, None]
    decide(twice.folder, correct("contribution", key, "person_no", "1003", "1002"))
    clean(twice.folder)
    decide(twice.folder, agreed(planned(twice)[0]))
    result = clean(twice.folder)
    assert became(result)[-1] == ("applied", None)
    [row] = [row for row in rows(result, "contribution") if row["period"] == 200401]
    assert row["person_no"] == "1001"


@pytest.mark.req("S1-40", part="application")
def test_a_merge_across_regions_falls_with_the_local_one_that_came_before_it(agency: Agency) -> None:
    agency.person("A")
    agency.person("B")
    agency.person("C", region="220602")
    agency.round()
    [local] = planned(agency, ("B", "A"))
    [first] = decide(agency.folder, agreed(local))
    clean(agency.folder)
    [across] = planned(agency, ("C", "A"))
    assert (across.pair.scope, across.after) == ("cross", (("B", "A"),))
    decide(agency.folder, agreed(across))
    assert numbers(clean(agency.folder)) == {"B": "A", "C": "A"}
    revoke(agency.folder, first)
    result = clean(agency.folder)
    assert numbers(result) == {}
    assert "先办本地的一对" in str([row["reason"] for row in rows(result, "applied") if row["state"] == "unfit"])


def test_a_merge_of_what_is_no_person_or_without_terms_is_refused(twice: Agency) -> None:
    twice.round()
    merge = agreed(planned(twice)[0])
    decide(
        twice.folder,
        replace(merge, table="contribution"),
        replace(merge, key='["1002","110"]'),
        replace(merge, details=None),
        replace(merge, details='{"scope":"local"}'),
        replace(merge, system="medical"),
    )
    whys = [str(why)[:12] for state, why in became(clean(twice.folder)) if state == "unfit"]
    person, terms = "不能合并：合并决定应写明", "不能合并：决定没有写明合"
    assert whys == [person, person, terms, terms, "本轮没有系统 medic"]


def test_only_replaced_rows_are_kept_beside_a_source(twice: Agency) -> None:
    twice.round()
    decide(twice.folder, agreed(planned(twice)[0]))
    clean(twice.folder)
    kept = [pq.read_metadata(file).num_rows for file in Path(twice.folder / "cache/patched").glob("*.parquet")]
    assert sorted(kept) == [1, 2, 2], "a row of enrolment, two of persons and of contributions"

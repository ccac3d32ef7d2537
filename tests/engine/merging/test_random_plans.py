"""The bar of the issue: a merge and its revocation restore every table, and no merge happens that a condition forbids.

Random agencies, random plans: whatever is planned and agreed on is applied; an oracle that knows nothing of the engine
looks at every merge that happened; revoking all of them, in any order, gives back the first digests.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.engine.merging.conftest import ID_ONE, ID_OTHER, Agency, agreed, decide, link, plans, revoke, rows

from renshe.engine.merging.plan import PairPlan
from renshe.engine.rounds import clean as rounds
from renshe.engine.rounds.clean import RoundResult, clean
from renshe.engine.rules.catalogue import load_catalogue

NUMBERS = [f"P{at}" for at in range(8)]
Cluster = list[tuple[str, str]]
FEW = {"PER-ID-DUP", "CON-PERSON", "CON-DUP", "ENR-OVERLAP"}
COUNTED = {"1", "31", "12", "19", "23", "9002", "9004", "9005"}


def random_agency(chance: random.Random, folder: Path) -> tuple[Agency, list[Cluster]]:
    """Eight numbers of some few people, with relations, payments and benefits that may or may not clash."""
    agency = Agency(folder)
    people: dict[int, list[str]] = {}
    for number in NUMBERS:
        who = chance.randrange(4)
        people.setdefault(who, []).append(number)
        agency.person(
            number,
            chance.choice(["孙德福", "孙德富"]),
            id=chance.choice([ID_ONE, ID_ONE, ID_ONE, "", ID_OTHER]),
            file_birth=chance.choice(["", "1959-01-01", "1960-08-15"]),
            unit=chance.choice(["", "U1", "U2"]),
            phone=chance.choice(["", "13804360001", "13804360002"]),
            region=chance.choice(["", "220802", "220602"]),
            day=chance.choice(["", "2019-01-01", "2020-01-01"]),
            hold=chance.choice(["", "0", "0", "1"] if chance.random() < 0.2 else [""]),
        )
        for _ in range(chance.randrange(3)):
            year = chance.randrange(2001, 2008)
            insurance = chance.choice(["110", "110", "210", "410"])
            agency.enrolment(number, f"{year}-01-01", chance.choice([f"{year}-12-31", ""]), insurance=insurance)
        for _ in range(chance.randrange(6)):
            agency.paid(
                number,
                chance.randrange(200101, 200105),
                unit=chance.choice(["U1", "U2"]),
                insurance=chance.choice(["110", "410"]),
                kind=chance.choice(["1", "1", "1", "13", "18"]),
                arrived="0" if chance.random() < 0.05 else "1",
                share=chance.choice([320, 160, -320]),
                record=f"R{chance.randrange(10**6)}" if chance.random() < 0.5 else "",
            )
        if chance.random() < 0.3:
            agency.benefit(number, status=chance.choice(["1", "3"]), no=f"B{number}")
        if chance.random() < 0.3:
            agency.add("change", (f"L{number}", number, "110", "11", "2005-12-31"))
            agency.add("account", (number, "110", chance.choice([2005, 2006]), 0, 100))
    return agency, [[("pension", number) for number in own] for own in people.values() if len(own) > 1]


@contextmanager
def quick_rounds() -> Iterator[Path]:
    """Yield a folder; rounds judge by a few rules meanwhile and make no report: these say nothing of merges."""
    whole = load_catalogue()
    few = {name: rule for name, rule in whole.rules.items() if rule.generic or name in FEW}
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(rounds, "build_report", lambda *args, **more: None)
        patch.setattr(rounds, "load_catalogue", lambda packs: replace(whole, rules=few))
        yield Path(folder)


def by_number(result: RoundResult, table: str, number: str) -> list[dict[str, Any]]:
    file = result.folder / "tables" / f"{table}.parquet"
    if not file.is_file():
        return []
    return [row for row in rows(result, table) if row["person_no"] == number and row["valid"] != "0"]


def month(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["insurance"], row["period"], row["unit_no"] if row["insurance"] == "410" else None


def place(row: dict[str, Any]) -> tuple[str, int]:
    return row["source_file"], row["source_row"]


def months(found: Sequence[dict[str, Any]]) -> set[tuple[Any, ...]]:
    """Which months, by insurance (and unit, where several may pay), these contributions stand for."""
    sums: Counter[tuple[Any, ...]] = Counter()
    counted, negative = set(), set()
    for row in found:
        if row["arrived"] == "0":
            continue
        key = month(row)
        paid = row["unit_paid"] + row["person_paid"]
        sums[key] += paid
        counted |= {key} if row["kind"] in COUNTED else set()
        negative |= {key} if paid < 0 else set()
    return {key for key in counted if not (key in negative and sums[key] <= 0)}


def forbidden(before: RoundResult, old: str, new: str) -> str | None:
    """Say what forbids a merge, by the tables of the round before it; the oracle."""
    for number in (old, new):
        [person] = by_number(before, "person", number)
        if person["hold"] == "1":
            return "hold"
        for row in by_number(before, "contribution", number):
            if row["arrived"] == "0" and row["kind"] in ("1", "31") and row["unit_due"] + row["person_due"] > 0:
                others = by_number(before, "contribution", number)
                if not any(
                    (one["insurance"], one["period"]) == (row["insurance"], row["period"])
                    and one["arrived"] == "1"
                    and one["kind"] in ("1", "31", "23")
                    for one in others
                ):
                    return "arrears"
    if all(any(row["status"] == "1" for row in by_number(before, "benefit", number)) for number in (old, new)):
        return "benefit"
    for mine in by_number(before, "enrolment", old):
        for theirs in by_number(before, "enrolment", new):
            same = mine["insurance"] == theirs["insurance"]
            if mine["insurance"] == "410":
                same = same and mine["unit_no"] == theirs["unit_no"]
            first = mine["start_month"] < (theirs["end_month"] or 999912)
            if same and first and theirs["start_month"] < (mine["end_month"] or 999912):
                return "overlap"
    ids = {by_number(before, "person", number)[0]["id_number"] for number in (old, new)} - {None}
    return "ids" if len(ids) > 1 else None


def check(before: RoundResult, after: RoundResult, done: Sequence[PairPlan]) -> None:
    """Hold every merge of a round against the tables before it."""
    for one in done:
        old, new = one.pair.old, one.pair.new
        assert forbidden(before, old, new) is None
        theirs, mine = by_number(before, "contribution", new), by_number(before, "contribution", old)
        twice = months(theirs) & months(mine)
        joined = [*theirs, *(row for row in mine if month(row) not in twice)]
        kept = by_number(after, "contribution", new)
        assert sorted(map(place, kept)) == sorted(map(place, joined)), "of a month that both paid one is left"
        if all(row["person_paid"] > 0 for row in (*mine, *theirs)):
            assert months(kept) >= months(theirs) | months(mine), "no month is lost"
        for table in ("enrolment", "change", "account", "benefit"):
            moved = by_number(after, table, new)
            assert len(moved) == len(by_number(before, table, new)) + len(by_number(before, table, old))
        assert by_number(after, "person", old) == [] and len(by_number(after, "person", new)) == 1


@pytest.mark.req("S1-41", "S1-42", "S1-43")
@settings(max_examples=6)
@example(1423183)
@given(st.integers(0, 2**32))
def test_merges_by_plan_and_their_revocation_restore_every_table(seed: int) -> None:
    chance = random.Random(seed)
    with quick_rounds() as folder:
        agency, clusters = random_agency(chance, folder)
        before = first = agency.round()
        entered: list[str] = []
        for _ in range(3):
            link(agency.folder, *clusters)
            done = [one for one in plans(agency.folder) if one.state == "ready"]
            if not done:
                break
            entered += decide(agency.folder, *(agreed(one) for one in done))
            after = clean(agency.folder)
            assert after.manifest["decisions"]["unfit"] == 0, "what was planned and agreed on is applied"
            check(before, after, done)
            gone = {("pension", one.pair.old) for one in done}
            clusters = [[member for member in cluster if member not in gone] for cluster in clusters]
            before = after
        chance.shuffle(entered)
        revoke(agency.folder, *entered)
        assert clean(agency.folder).manifest["digests"] == first.manifest["digests"]


@pytest.mark.req("S1-41", "S1-42")
@settings(max_examples=6)
@given(st.integers(0, 2**32))
def test_no_merge_happens_that_a_condition_forbids_whatever_the_log_says(seed: int) -> None:
    """A log written by hand: forbidden pairs agreed to all the same, chains and circles, revocations in between."""
    chance = random.Random(seed)
    with quick_rounds() as folder:
        agency, _ = random_agency(chance, folder)
        first = agency.round()
        pairs = [("pension", *chance.sample(NUMBERS, 2)) for _ in range(10)]
        made = [replace(agreed(one), id="") for pair in pairs for one in plans(agency.folder, pair)]
        entered = decide(agency.folder, *made)
        revoked = chance.sample(entered, 2)
        revoke(agency.folder, *revoked)
        after = clean(agency.folder)
        applied = [row for row in rows(after, "applied") if row["kind"] == "merge" and row["state"] == "applied"]
        olds = [row["old"] for row in applied]
        assert len(set(olds)) == len(olds), "a number is merged once"
        for at, row in enumerate(applied):
            # The first merge that a number takes part in is judged by what the sources say of it.
            if not any({row["old"], row["new"]} & {one["old"], one["new"]} for one in applied[:at]):
                assert forbidden(first, row["old"], row["new"]) is None
        final = {row["old"]: row["number"] for row in rows(after, "merged")}
        assert set(final) == set(olds) and not set(final.values()) & set(olds)
        for table in ("enrolment", "change", "account", "benefit"):
            assert all(by_number(after, table, old) == [] for old in olds)
        revoke(agency.folder, *(one for one in entered if one not in revoked))
        assert clean(agency.folder).manifest["digests"] == first.manifest["digests"]

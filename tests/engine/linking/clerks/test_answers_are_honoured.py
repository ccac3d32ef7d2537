"""What two clerks said of a pair counts more than any weight, until it is revoked; never more than what cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.linking.clerks.conftest import cluster_of, link_folder, links

from renshe.engine.decisions.log import Decision, read_decisions
from renshe.engine.linking.answers import Pair, contradictory
from renshe.engine.linking.linking import link
from renshe.engine.mending.entering import enter
from renshe.engine.mending.revoke import revoke
from renshe.engine.rounds.clean import clean

Say = Callable[[str, str, str], str]


def test_a_pair_that_is_said_to_be_one_person_is_the_same_and_says_why(project: Path, say: Say) -> None:
    before = cluster_of(project)
    assert before["T1"] != before["T2"] and links(project)["T1", "T2"]["decision"] == "review"
    known = say("T1", "T2", "same")
    link(project)
    told = links(project)["T1", "T2"]
    assert told["decision"] == "same"
    assert told["why"].startswith("经核实为同一人（经办 张三，复核 李四，") and known in told["why"]
    # Two numbers, both valid: the guard against chains knows that they are one person's.
    after = cluster_of(project)
    assert after["T1"] == after["T2"]
    assert len(set(after.values())) == len(set(before.values())) - 1


def test_a_pair_that_is_said_to_be_two_people_is_different_whatever_it_weighs(project: Path, say: Say) -> None:
    assert links(project)["M60", "P60"]["decision"] == "same"
    say("P60", "M60", "different")
    link(project)
    told = links(project)["M60", "P60"]
    assert told["decision"] == "different" and told["weight"] > 30
    assert told["why"].startswith("经核实不是同一人（")
    assert cluster_of(project)["P60"] != cluster_of(project)["M60"]


def test_a_group_that_holds_two_people_keeps_only_what_clerks_said(project: Path, say: Say) -> None:
    """P0, D1, M0 and G0 have one number and name: definite, but somebody found that D1 is another person."""
    say("P0", "D1", "different")
    link(project)
    told = links(project)
    assert told["D1", "P0"]["decision"] == "different"
    group = {"P0", "D1", "M0", "G0"}
    own = {pair: one for pair, one in told.items() if group >= set(pair) != {"P0", "D1"}}
    assert len(own) == 5
    assert {one["decision"] for one in own.values()} == {"review"}
    assert all("所在的组自相矛盾" in one["why"] for one in own.values())
    assert len({cluster_of(project)[number] for number in ("P0", "D1", "M0", "G0")}) == 4


def test_nobody_makes_one_person_of_two_valid_numbers_births_and_sexes(project: Path, say: Say) -> None:
    say("X1", "X2", "same")
    link(project)
    told = links(project)["X1", "X2"]
    assert told["decision"] == "review"
    assert "但按确定规则不可能相同" in told["why"]
    assert cluster_of(project)["X1"] != cluster_of(project)["X2"]
    assert "未采用" in (link_folder(project) / "report.html").read_text("utf-8")


def test_who_cannot_tell_leaves_the_pair_in_review(project: Path, say: Say) -> None:
    say("P60", "M60", "unsure")
    link(project)
    told = links(project)["M60", "P60"]
    assert told["decision"] == "review" and told["why"].startswith("经核实无法确定（")
    assert cluster_of(project)["P60"] != cluster_of(project)["M60"]


def test_a_pair_that_no_key_found_is_honoured_too(project: Path, say: Say) -> None:
    assert ("P1", "P2") not in links(project)
    say("P1", "P2", "same")
    link(project)
    told = links(project)["P1", "P2"]
    assert told["decision"] == "same" and told["weight"] is None
    clusters = cluster_of(project)
    assert clusters["P1"] == clusters["P2"] == clusters["M1"] == clusters["M2"]


def test_answers_that_contradict_each_other_decide_nothing(project: Path, say: Say) -> None:
    say("P1", "P2", "same")
    say("P2", "P3", "same")
    say("P1", "P3", "different")
    link(project)
    told = links(project)
    for pair in (("P1", "P2"), ("P2", "P3"), ("P1", "P3")):
        assert told[pair]["decision"] == "review" and "互相矛盾" in told[pair]["why"]
    clusters = cluster_of(project)
    assert len({clusters[number] for number in ("P1", "P2", "P3")}) == 3


@pytest.mark.req("S0-41", part="linked pairs")
def test_what_one_hand_entered_and_checked_was_said_by_nobody(project: Path) -> None:
    before = links(project)["T1", "T2"]
    told = Decision(
        id="", at="", by="张三", kind="same", checked_by="张 三", table="person", system="medical", key='["T2"]',
        related='["pension","T1"]', ground="户口簿",
    )  # fmt: skip
    enter(project, read_decisions(project), "核实", [told])
    link(project)
    assert links(project)["T1", "T2"] == before


def test_revoked_is_as_if_never_said(project: Path, say: Say) -> None:
    before, clusters = links(project), cluster_of(project)
    known = say("T1", "T2", "same")
    link(project)
    assert links(project) != before
    revoke(project, [known], None, "王主任", "核实有误")
    link(project)
    assert links(project) == before and cluster_of(project) == clusters


def test_an_answer_on_a_record_that_is_gone_is_counted(project: Path, say: Say) -> None:
    say("P1", "没有这个编号", "same")
    link(project)
    part, _ = json.loads((link_folder(project) / "figures.json").read_text("utf-8"))["parts"]
    assert part["answers"]["gone"] == 1


def test_units_likewise(project: Path, say: Callable[..., str]) -> None:
    def told() -> dict[str, Any]:
        file = link_folder(project) / "unit_links.parquet"
        return {row["left_key"]: row for row in pq.read_table(file).to_pylist()}

    assert told()["U5"]["decision"] == "same"
    say("U5", "U5", "different", "unit")
    link(project)
    assert told()["U5"]["decision"] == "different"
    assert told()["U5"]["why"].startswith("经核实不是同一单位（经办 张三，复核 李四，")
    assert told()["U4"]["decision"] == "same"


records = st.sampled_from("abcdef").map(lambda name: ("pension", name))
pairs = st.tuples(records, records).filter(lambda pair: pair[0] < pair[1])


@given(st.dictionaries(pairs, st.sampled_from(["same", "different", "unsure"])))
def test_without_the_contradictory_no_two_people_are_one(kinds: dict[Pair, str]) -> None:
    torn = contradictory(kinds)
    kept = {pair: kind for pair, kind in kinds.items() if pair not in torn}
    groups = {one: {one} for pair in kinds for one in pair}
    for (a, b), kind in kept.items():
        if kind == "same":
            joined = groups[a] | groups[b]
            groups.update(dict.fromkeys(joined, joined))
    assert all(groups[a] is not groups[b] for (a, b), kind in kept.items() if kind == "different")
    assert contradictory(kept) == set()
    assert not any(kinds[pair] == "unsure" for pair in torn)


@pytest.mark.parametrize("kind", ["same", "different"])
def test_a_pair_alone_contradicts_nothing(kind: str) -> None:
    assert contradictory({(("a", "1"), ("b", "2")): kind}) == set()


@pytest.mark.req("S1-40")
def test_answers_never_chain_two_that_a_definite_rule_makes_two(project: Path, say: Say) -> None:
    """X1 and X2 bear valid numbers of other births and sexes; somebody without a number is said to be both."""
    with (project / "medical-person.csv").open("a", encoding="utf-8") as file:
        file.write("M99,上官文静,,女,,U4,13900000003,\n")
    clean(project)
    say("M99", "X1", "same")
    say("M99", "X2", "same")
    link(project)
    rows = duckdb.sql(f"FROM read_parquet('{link_folder(project, 2)}/links.parquet')").to_arrow_table().to_pylist()
    told = {frozenset((one["left_key"], one["right_key"])): one for one in rows}
    assert {told[frozenset(("M99", other))]["decision"] for other in ("X1", "X2")} == {"review"}
    assert "互相矛盾" in told[frozenset(("M99", "X1"))]["why"]
    clusters = dict(duckdb.sql(f"SELECT key, cluster FROM '{link_folder(project, 2)}/clusters.parquet'").fetchall())
    assert clusters["X1"] != clusters["X2"]

"""The plan of merging: pairs in order, the values that survive, what becomes of each row, what forbids it.

Business rule: 白社保〔2021〕22号 三（七）. A pair is ready when nothing but the consent of the insured person lacks;
blocked where a condition forbids it; it waits where an earlier pair has one of its numbers; and is decided where the
log holds a decision on one of its numbers that no round has applied.

Invariant: the plan is a function of round, link, list and log; it changes none of them. What it says of a pair is what
the round that applies the merge will find, if nothing else is decided in between.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow.parquet as pq

from renshe.engine.decisions.log import PAIRED, Decision, effective, read_decisions
from renshe.engine.decisions.merges import Number
from renshe.engine.decisions.pairs import Asked, Obstacle, Refund, ask, compared_fields, know_pairs, own
from renshe.engine.decisions.terms import Choice, Contact, Terms
from renshe.engine.mending.newest import Newest
from renshe.engine.merging.candidates import (
    Chooser,
    Links,
    Pair,
    in_order,
    pooling_area,
    read_links,
    require_known,
    without_repeats,
)
from renshe.engine.merging.held import hold
from renshe.engine.merging.people import People, read_people
from renshe.engine.merging.ranking import rank_columns, rank_numbers
from renshe.engine.merging.survivorship import FieldPlan, survivorship
from renshe.engine.rounds.finished import newest_round
from renshe.engine.rules.merge_rules import merge_rules
from renshe.standards.masks import mask_serial

State = Literal["ready", "blocked", "waiting", "decided"]
STATES: Mapping[State, str] = {
    "ready": "可办理，待联系参保对象",
    "blocked": "条件未满足",
    "waiting": "待前一对合并后再办",
    "decided": "已登记决定",
}
Listed = tuple[str, str, str]
"""A pair that clerks name: system, the number that goes, the one that stays."""
_DIGITS = 16


@dataclass(frozen=True, slots=True)
class PairPlan:
    """What is planned for one pair; fields, rows and refunds only where it is ready or blocked."""

    step: int
    pair: Pair
    state: State
    obstacles: tuple[Obstacle, ...] = ()
    fields: tuple[FieldPlan, ...] = ()
    moved: Mapping[str, int] | None = None
    refunds: tuple[Refund, ...] = ()
    after: tuple[tuple[str, str], ...] = ()

    def terms(self, contact: Contact | None = None, origins: Mapping[str, str] | None = None) -> Terms:
        """Return what a merge by this plan is decided on; ``origins``: fields for which another record was chosen."""
        chosen = origins or {}
        fields = {}
        for one in self.fields:
            origin = chosen.get(one.name, one.origin)
            value = one.value_of(origin) if one.name in chosen else one.value
            fields[one.name] = Choice(one.old, one.new, value, origin)
        refunds = tuple(refund.told for refund in self.refunds)
        return Terms(self.pair.scope, fields, dict(self.moved or {}), refunds, contact, self.after)

    @property
    def digest(self) -> str:
        """Return the digest of what is planned: a clerk's answer is to this plan."""
        told = json.dumps([self.pair.system, self.pair.old, self.pair.new, self.terms().details()], ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()[:_DIGITS]


@dataclass(slots=True)
class Plan:
    """The plan over a round, with the engine that holds the rows of its persons (``own_<table>``, ``stays``).

    ``asked``: by the number of a pair in the engine, its place in ``pairs``. ``doubtful`` pairs are left to review,
    ``apart`` ones were decided to stay apart; ``unchecked`` are conditions about which nothing is known, and why.
    """

    newest: Newest
    connection: duckdb.DuckDBPyConnection
    pairs: Sequence[PairPlan]
    people: People
    tables: Sequence[str]
    asked: Sequence[int]
    doubtful: int
    apart: int
    unchecked: Mapping[str, str]

    @property
    def digest(self) -> str:
        """Return the digest of the whole plan."""
        told = [[one.digest, one.state, [obstacle.id for obstacle in one.obstacles]] for one in self.pairs]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Log:
    """What the log says: pairs to be kept apart, numbers with a decision that no round has applied, merges applied."""

    apart: frozenset[tuple[str, frozenset[str]]]
    busy: Mapping[Number, Obstacle]
    merged: Mapping[Number, str]
    local: Mapping[Number, tuple[str, str]]


@contextmanager
def planned(
    newest: Newest, links: Links, listed: Sequence[Listed] = (), wanted: Collection[Listed] | None = None
) -> Iterator[Plan]:
    """Yield the plan over the newest round of a project; MendingError where the list cannot be taken.

    ``wanted``: the pairs of which details are asked for; all where it is None.
    """
    log = _read_log(newest)
    with duckdb.connect(":memory:", config={"memory_limit": "1100MB"}) as connection:
        numbers = {(group.system, number) for group in links.groups for number in group.numbers}
        numbers |= {(system, number) for system, *both in listed for number in both}
        members = {member for group in links.groups for member in (links.members or {}).get(group.cluster, ())}
        people = read_people(newest, numbers | members)
        require_known((n for n in sorted(numbers) if n not in people.records), people.records, log.merged)
        rules = merge_rules()
        tables = hold(connection, newest, numbers, rules, rank_columns())
        chooser = _chooser(newest, connection, links, tables, people, numbers)
        pairs = [chooser.listed(*one) for one in listed]
        pairs += [pair for group in links.groups for pair in chooser.pairs(group)]
        kept = [
            pair for pair in without_repeats(pairs) if (pair.system, frozenset((pair.old, pair.new))) not in log.apart
        ]
        plans = [_state(step, pair, log, rules.failed("order")) for step, pair in enumerate(in_order(kept), 1)]
        asked = [
            at
            for at, one in enumerate(plans)
            if one.state == "ready" and (wanted is None or (one.pair.system, one.pair.old, one.pair.new) in wanted)
        ]
        plans = _detailed(newest, connection, plans, asked, tables, people, links, log)
        apart = len(without_repeats(pairs)) - len(kept)
        # Where nobody is to be merged nothing was read, and nothing is known of what could not be asked.
        unchecked = rules.unasked(tables, lambda name, columns: _filled(connection, name, columns)) if numbers else {}
        yield Plan(newest, connection, plans, people, tables, asked, chooser.doubtful, apart, unchecked)


def _filled(connection: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str]) -> bool:
    """Whether some row holds something in one of ``columns``; so it is where there is no row to ask."""
    found = ", ".join(f'"{column}"::VARCHAR' for column in columns)
    [(rows, told)] = connection.execute(f"SELECT count(*), count(coalesce({found}, NULL)) FROM {own(name)}").fetchall()
    return bool(told) or not rows


def _chooser(
    newest: Newest,
    connection: duckdb.DuckDBPyConnection,
    links: Links,
    tables: Sequence[str],
    people: People,
    numbers: Iterable[Number],
) -> Chooser:
    own = newest.manifest["region"]

    def area(number: Number) -> str:
        values = people.records[number].values
        return pooling_area(values.get("region_code"), values.get("agency"), own)

    as_of = date.fromisoformat(newest.manifest["as_of"])
    ranks = rank_numbers(connection, tables, numbers, {number: area(number) == own for number in numbers}, as_of)
    return Chooser(links, ranks.__getitem__, area)


def _state(step: int, pair: Pair, log: _Log, order: Obstacle) -> PairPlan:
    decided = [log.busy[number] for number in pair.numbers if number in log.busy]
    if decided:
        return PairPlan(step, pair, "decided", tuple(decided[:1]))
    if pair.waits is not None:
        old, new = map(mask_serial, pair.waits)
        return PairPlan(step, pair, "waiting", (replace(order, what=f"{order.what}（{old} 并入 {new}）"),))
    return PairPlan(step, pair, "ready")


def _detailed(
    newest: Newest,
    connection: duckdb.DuckDBPyConnection,
    plans: Sequence[PairPlan],
    asked: Sequence[int],
    tables: Sequence[str],
    people: People,
    links: Links,
    log: _Log,
) -> list[PairPlan]:
    """Say of the pairs ``asked`` (their places) what survives, what moves and what stands in the way."""
    chosen = [plans[at].pair for at in asked]
    know_pairs(connection, [(pair.system, pair.old, pair.new) for pair in chosen])
    as_of = date.fromisoformat(newest.manifest["as_of"])
    known = ask(connection, merge_rules(), tables, len(chosen), as_of)
    found = list(plans)
    for at, told in zip(asked, known, strict=True):
        found[at] = _told(plans[at], told, people, links, log)
    return found


def _told(plan: PairPlan, known: Asked, people: People, links: Links, log: _Log) -> PairPlan:
    pair = plan.pair
    obstacles = known.obstacles
    if any(people.count[number] != 1 for number in pair.numbers):
        obstacles = (merge_rules().failed("rows"), *obstacles)
    others = [number for number in (links.members or {}).get(pair.cluster or "", ()) if number[0] != pair.system]
    fields = survivorship().choose(people.of_pair(pair.system, pair.old, pair.new, others), compared_fields())
    after = tuple(log.local[number] for number in pair.numbers if number in log.local) if pair.scope == "cross" else ()
    return replace(
        plan,
        state="blocked" if obstacles else "ready",
        obstacles=obstacles,
        fields=tuple(fields),
        moved=known.moved,
        refunds=known.refunds,
        after=after,
    )


def _read_log(newest: Newest) -> _Log:
    became = {row["id"]: row for row in _rows(newest.folder / "applied.parquet", ["id", "state", "reason"])}
    apart: set[tuple[str, frozenset[str]]] = set()
    busy: dict[Number, Obstacle] = {}
    for decision in effective(read_decisions(newest.project.folder)):
        if decision.kind not in PAIRED or decision.key is None or decision.new is None:
            continue
        old, system = str(json.loads(decision.key)[0]), str(decision.system)
        if decision.kind == "apart":
            apart.add((system, frozenset((old, decision.new))))
            continue
        told = became.get(decision.id)
        if told is None or told["state"] != "applied":
            obstacle = _standing(decision, told)
            busy |= {(system, old): obstacle, (system, decision.new): obstacle}
    merged = _rows(newest.folder / "merged.parquet", ["system", "old", "new", "number", "scope"])
    return _Log(
        frozenset(apart),
        busy,
        {(row["system"], row["old"]): row["number"] for row in merged},
        {(row["system"], row["number"]): (row["old"], row["new"]) for row in merged if row["scope"] == "local"},
    )


def _standing(decision: Decision, told: Mapping[str, Any] | None) -> Obstacle:
    if told is None:
        return Obstacle(decision.id, f"已登记合并决定 {decision.id}", "待下一轮检查（renshe clean）应用后再办")
    remedy = f"请先撤销（renshe revoke 项目文件夹 {decision.id}），再按新方案处理"
    return Obstacle(decision.id, f"已登记的合并决定 {decision.id} 不再适用：{told['reason']}", remedy)


def _rows(file: Path, names: list[str]) -> list[dict[str, Any]]:
    return pq.read_table(file, columns=names).to_pylist() if file.is_file() else []


def links_of(newest: Newest) -> Links:
    """Return what the link of the newest round says; nothing where there is none."""
    return read_links(newest_round(newest.project.folder))

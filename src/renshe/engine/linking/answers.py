"""What clerks said of pairs: two records are one person, are two, or nobody can tell; links keep to it.

Business rule: 核实数据问题 (白社保〔2021〕22号): what two clerks looked into and decided on a ground counts more than
any weight, until it is revoked. It does not count more than what can never be: two valid numbers with other births and
other sexes are not one person, whoever says so; and answers that contradict each other decide nothing.

Invariant: a pair of which clerks said that it is one person is ``same``, of which they said that it is not is
``different``; where that cannot be, and where nobody could tell, it waits in review. ``ground`` is ``SAID`` where
clerks decided.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from renshe.engine.decisions.log import LINKED, Decision, effective, one_hand
from renshe.engine.linking.entities import ENTITIES
from renshe.engine.linking.model import Model, sides_sql

Record = tuple[str, str]
"""System and number of a record."""
Pair = tuple[Record, Record]
SAID = -1
"""The ``ground`` of a pair on which clerks decided; definite rules count from 0."""
KINDS = ("same", "different", "unsure")
_TORN = {"forbidden": "但按确定规则不可能相同", "contradictory": "但与其他核实结论互相矛盾"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said of a pair: a kind in ``KINDS``, and by whom, in words."""

    pair: Pair
    kind: str
    said: str


def ordered(one: Record, other: Record) -> Pair:
    """Return two records in the order in which pairs are told."""
    return (one, other) if one <= other else (other, one)


def pair_of(decision: Decision) -> Pair:
    """Return the pair that a decision of a kind in ``LINKED`` speaks of."""
    [number] = json.loads(decision.key or "[]")
    system, other = json.loads(decision.related or "[]")
    return ordered((str(decision.system), str(number)), (str(system), str(other)))


def standing_answers(log: Iterable[Decision], entity: str) -> dict[Pair, Answer]:
    """Return what stands in the log of the pairs of ``entity`` (person, unit); of a pair the last that was said.

    What one hand alone entered and checked was said by nobody.
    """
    found: dict[Pair, Answer] = {}
    for one in effective(log):
        if one.kind in LINKED and one.table == entity and not one_hand(one):
            hands = [
                f"经办 {one.by}",
                f"复核 {one.checked_by}" if one.checked_by else "",
                one.date or one.at[:10],
                one.id,
            ]
            label = ENTITIES[entity].answers[one.kind]
            said = f"经核实{'为' if one.kind == 'same' else ''}{label}（{'，'.join(filter(None, hands))}）"
            found[pair_of(one)] = Answer(pair_of(one), one.kind, said)
    return found


class Joined:
    """What belongs together by a chain of likenesses."""

    def __init__(self, likenesses: Iterable[tuple[object, object]] = ()) -> None:
        self._before: dict[object, object] = {}
        for one, other in likenesses:
            self._before[self.of(one)] = self.of(other)

    def of(self, one: object) -> object:
        """Return what stands for all that ``one`` belongs to."""
        found = one
        while (before := self._before.get(found, found)) != found:
            found = before
        while (before := self._before.get(one, one)) != found:
            self._before[one], one = found, before
        return found


def contradictory(kinds: Mapping[Pair, str]) -> set[Pair]:
    """Return the pairs whose answers contradict each other: joined by ``same``, yet said to be ``different``."""
    joined = Joined(pair for pair, kind in kinds.items() if kind == "same")
    within = {pair: joined.of(pair[0]) for pair in kinds if joined.of(pair[0]) == joined.of(pair[1])}
    torn = {group for pair, group in within.items() if kinds[pair] == "different"}
    return {pair for pair, group in within.items() if group in torn and kinds[pair] != "unsure"}


def impossible_within(connection: duckdb.DuckDBPyConnection, model: Model, kinds: Mapping[Pair, str]) -> set[Pair]:
    """Return the pairs of ``records`` that a chain of ``same`` joins although a definite rule makes them two."""
    same = [pair for pair, kind in kinds.items() if kind == "same"]
    joined = Joined(same)
    members = sorted({record for pair in same for record in pair})
    chained = pa.table(
        {
            "system": pa.array([system for system, _ in members], pa.string()),
            "key": pa.array([key for _, key in members], pa.string()),
            "chain": pa.array([str(joined.of(record)) for record in members], pa.string()),
        }
    )
    connection.register("chained", chained)
    impossible = model.impossible(compared=False)
    found = connection.sql(f"""
        WITH held AS (FROM records JOIN chained USING (system, key))
        SELECT one, other FROM (
            SELECT (l.system, l.key) AS one, (r.system, r.key) AS other, {sides_sql(f"{impossible} key_l")}
            FROM held l JOIN held r ON r.chain = l.chain AND (r.system, r.key) > (l.system, l.key))
        WHERE {impossible}""").fetchall()
    connection.unregister("chained")
    return {ordered(one, other) for one, other in found} - set(same)


def honour(connection: duckdb.DuckDBPyConnection, model: Model, answers: Mapping[Pair, Answer]) -> None:
    """Add to ``decided`` what clerks said and let it decide (``judged``: a kind in ``KINDS``, forbidden or
    contradictory; ``said``: in words); leave the table ``one_number``: numbers that hold and which of them stands for
    all that are one person's."""
    kinds = {pair: one.kind for pair, one in answers.items()}
    torn = contradictory(kinds | dict.fromkeys(impossible_within(connection, model, kinds), "different"))
    given = [
        (*pair[0], *pair[1], "contradictory" if pair in torn else one.kind, one.said) for pair, one in answers.items()
    ]
    names = ("system_l", "key_l", "system_r", "key_r", "judged", "said")
    columns = zip(*given, strict=True) if given else [()] * len(names)
    connection.register(
        "given_answers", pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})
    )
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE answered AS
            SELECT least(l.rid, r.rid) AS rid_l, greatest(l.rid, r.rid) AS rid_r, judged, said FROM given_answers g
            JOIN records l ON l.system = g.system_l AND l.key = g.key_l
            JOIN records r ON r.system = g.system_r AND r.key = g.key_r;
        ALTER TABLE decided ADD COLUMN judged VARCHAR;
        ALTER TABLE decided ADD COLUMN said VARCHAR;
        INSERT INTO decided BY NAME
            SELECT rid_l, rid_r, l.system AS system_l, r.system AS system_r, l.settled AS settled_l,
                r.settled AS settled_r, 'review' AS decision, FALSE AS contested, FALSE AS guarded
            FROM (FROM answered a ANTI JOIN decided d ON d.rid_l = a.rid_l AND d.rid_r = a.rid_r)
            JOIN records l ON l.rid = rid_l JOIN records r ON r.rid = rid_r""")
    connection.unregister("given_answers")
    connection.execute(f"UPDATE answered SET judged = 'forbidden' WHERE judged = 'same' AND ({_forbidden_sql(model)})")
    told = " ".join(f"WHEN '{kind}' THEN '，{text}'" for kind, text in _TORN.items())
    connection.execute(f"""
        UPDATE decided SET judged = a.judged, said = a.said || CASE a.judged {told} ELSE '' END,
            ground = CASE WHEN a.judged IN ('same', 'different') THEN {SAID} ELSE ground END,
            decision = CASE WHEN a.judged IN ('same', 'different') THEN a.judged ELSE 'review' END
        FROM answered a WHERE a.rid_l = decided.rid_l AND a.rid_r = decided.rid_r""")
    _know_numbers(connection)


def _forbidden_sql(model: Model) -> str:
    """Return SQL that says of a row of ``answered`` that a definite rule makes its records two."""
    impossible = model.impossible(compared=True)
    return f"""(answered.rid_l, answered.rid_r) IN (
        SELECT (rid_l, rid_r) FROM (SELECT d.*, {sides_sql(impossible)} FROM decided d
            JOIN records l ON l.rid = d.rid_l JOIN records r ON r.rid = d.rid_r
            SEMI JOIN answered a ON a.rid_l = d.rid_l AND a.rid_r = d.rid_r)
        WHERE {impossible})"""


def _know_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    pairs: Sequence[tuple[str, str]] = connection.sql("""
        SELECT l.number, r.number FROM decided d JOIN records l ON l.rid = d.rid_l JOIN records r ON r.rid = d.rid_r
        WHERE d.judged = 'same' AND l.formed AND r.formed AND l.number <> r.number""").fetchall()
    joined = Joined(pairs)
    numbers = sorted({number for pair in pairs for number in pair})
    given = {
        "number": pa.array(numbers, pa.string()),
        "stands": pa.array([str(joined.of(n)) for n in numbers], pa.string()),
    }
    connection.register("given_numbers", pa.table(given))
    connection.execute("CREATE OR REPLACE TEMP TABLE one_number AS FROM given_numbers")
    connection.unregister("given_numbers")

"""The workbook 待核实 read back: what clerks concluded of a pair becomes a decision same, different or unsure.

Business rule: 核实数据问题: a pair is one person, or two, when one clerk said so on a ground and another checked it.
Nobody's word makes one person of two valid numbers with other births and other sexes. What does not pass is refused
with its cell, the reason and the remedy.

Invariant: an answer is to what was shown: where either record says something else now, nothing is decided. No answer
that contradicts another that stands is entered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from renshe.engine.decisions.log import Decision, normal_key, read_decisions
from renshe.engine.linking.answers import Pair, contradictory, impossible_within, ordered, standing_answers
from renshe.engine.linking.entities import ENTITIES, digest_sql, hold_sides, shown_number
from renshe.engine.linking.facts import PERSON_FIELDS, person_facts, records_sql
from renshe.engine.linking.model import load_model, sides_sql
from renshe.engine.linking.report.workbook import FORM, MARK, VERDICT, side_cells
from renshe.engine.mending.checks import Draft
from renshe.engine.mending.hands import identity_parts, shown, wrong_hand, wrong_identity, wrong_shown
from renshe.engine.mending.lists import Filled, Form
from renshe.engine.mending.newest import STAMP, Newest
from renshe.engine.mending.refusals import Refusal, Wrong
from renshe.engine.report.labels import system_label
from renshe.engine.report.sheets import CHECKER, DAY, GROUND, IDENTITY, OPERATOR
from renshe.engine.rounds.finished import newest_round
from renshe.standards.masks import mask_serial
from renshe.standards.periods import parse_date

_KINDS = {name: {label: kind for kind, label in one.answers.items()} for name, one in ENTITIES.items()}
_AGAIN = "请运行 renshe link，从新的待核实清单填写"
_RESTORE = "请从原清单复制回整行（连同隐藏的“识别码”）后再填；排序、复制时不要漏掉隐藏的列"
_PARTS = 8


@dataclass(frozen=True, slots=True)
class _Row:
    """A filled row whose identity could be read."""

    filled: Filled
    entity: str
    pair: Pair
    digest: str


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a list would show of a pair now: the digest of both records, and by header what their cells hold."""

    digest: str
    cells: Mapping[str, str | None]


class LinkAnswers:
    """The workbooks of review queues, as ``renshe link --answers`` and ``renshe decide`` read them back."""

    forms: Sequence[Form] = (FORM,)

    def judge(self, rows: Sequence[Filled], newest: Newest) -> tuple[list[Draft], list[Refusal]]:
        """Return what may become decisions, and what is refused."""
        refused: list[Refusal] = []
        read: list[_Row] = []
        for filled in rows:
            row = _first_look(filled, newest)
            if isinstance(row, Wrong):
                refused.append(filled.refuse(row))
            else:
                read.append(row)
        shown_now = _shown_now(read, newest)
        standing = _standing(newest)
        impossible = _impossible(read, standing["person"], newest)
        drafts: list[tuple[_Row, Draft]] = []
        for at, row in enumerate(read):
            wrong = _wrong_pair(row, shown_now.get(at), _kind(row) == "same" and row.pair in impossible)
            if wrong is not None:
                refused.append(row.filled.refuse(wrong))
            else:
                drafts.append((row, Draft(row.filled, _decision(row))))
        return _without_contradictions(drafts, standing, impossible, refused), refused


def _first_look(filled: Filled, newest: Newest) -> _Row | Wrong:
    """Say which pair a row means, and whether who judged it may."""
    parts = identity_parts(filled)
    if isinstance(parts, Wrong):
        return parts
    sound = len(parts) == _PARTS and all(isinstance(part, str) for part in parts)
    if not sound or parts[0] != MARK or parts[1] not in ENTITIES or not STAMP.fullmatch(parts[-1]):
        return wrong_identity()
    number, findings, *_ = parts[-1].split(":")
    if newest.files(f"{number}:{findings}") is None:
        return Wrong(IDENTITY, f"这一行不是本项目第 {number} 轮的待核实清单", f"请交到清单所属的项目，或{_AGAIN[1:]}")
    _, entity, *four = parts[:6]
    cells = side_cells(ENTITIES[entity], ((four[0], four[1]), (four[2], four[3])), ({}, {}))
    wrong = wrong_shown(filled, cells, _RESTORE) or _wrong_verdict(filled, _KINDS[entity]) or wrong_hand(filled)
    if wrong is not None:
        return wrong
    return _Row(filled, entity, ordered((four[0], four[1]), (four[2], four[3])), parts[6])


def _wrong_verdict(filled: Filled, kinds: Mapping[str, str]) -> Wrong | None:
    verdict = filled.text(VERDICT)
    listed = "、".join(kinds)
    if verdict is None:
        given = next(column for column in FORM.filled if filled.text(column) is not None)
        return Wrong(VERDICT, f"填了“{given}”而没有选“{VERDICT}”", f"请从下拉列表中选择：{listed}")
    if verdict not in kinds:
        return Wrong(VERDICT, f"没有结论“{verdict[:20]}”", f"请从下拉列表中选择：{listed}")
    if kinds[verdict] != "unsure" and filled.text(CHECKER) is None:
        return Wrong(CHECKER, f"选了“{verdict}”而没有填“复核人”", "请由另一人复核后填写，或改选“无法确定”")
    if kinds[verdict] != "unsure" and shown(filled.text(CHECKER)) == shown(filled.text(OPERATOR)):
        return Wrong(CHECKER, "复核人与经办人是同一人", "请由另一人复核，或改选“无法确定”并清空复核人")
    return None


def _shown_now(rows: Sequence[_Row], newest: Newest) -> dict[int, _Shown]:
    """Return, by place in ``rows``, what a list would show of the pair now."""
    found: dict[int, _Shown] = {}
    for name in sorted({row.entity for row in rows}):
        entity = ENTITIES[name]
        with _asked(row.pair if row.entity == name else None for row in rows) as connection:
            both = "SELECT system_l AS system, key_l AS key FROM asked UNION SELECT system_r, key_r FROM asked"
            hold_sides(connection, entity, newest_round(newest.project.folder), both)
            there = "l.there AND r.there" if name == "person" else "TRUE"
            sides = ", ".join(f"{{{', '.join(f'{name}: {side}.{name}' for name in entity.shown)}}}" for side in "lr")
            told = connection.sql(f"""
                SELECT n, {digest_sql(entity)}, {sides} FROM asked
                JOIN side l ON l.system = system_l AND l.key = key_l
                JOIN side r ON r.system = system_r AND r.key = key_r WHERE {there}""").fetchall()
            for n, digest, left, right in told:
                found[n] = _Shown(digest, side_cells(entity, rows[n].pair, (left, right)))
    return found


def _asked(pairs: Iterable[Pair | None]) -> duckdb.DuckDBPyConnection:
    """Return an engine that holds ``pairs`` as the table ``asked``, each under its place."""
    connection = duckdb.connect(":memory:", config={"memory_limit": "1100MB"})
    rows = [(at, *pair[0], *pair[1]) for at, pair in enumerate(pairs) if pair is not None]
    columns = list(zip(*rows, strict=True)) or [()] * 5
    names = ("system_l", "key_l", "system_r", "key_r")
    given = {"n": pa.array(columns[0], pa.int64())}
    given |= {name: pa.array(column, pa.string()) for name, column in zip(names, columns[1:], strict=True)}
    connection.register("given", pa.table(given))
    connection.execute("CREATE TEMP TABLE asked AS FROM given")
    return connection


def _impossible(rows: Sequence[_Row], standing: Mapping[Pair, str], newest: Newest) -> set[Pair]:
    """Return the pairs of people that a definite rule makes two, whoever says otherwise: of those that ``rows`` call
    the same, and of those that they join by way of others, with the answers that are ``standing``."""
    kinds = {**standing, **{row.pair: _kind(row) for row in rows if row.entity == "person"}}
    said = [pair for pair, kind in kinds.items() if kind == "same"]
    if not said:
        return set()
    model = load_model("person")
    impossible = model.impossible(compared=False)
    as_of = date.fromisoformat(newest.manifest["as_of"])
    with _asked(said) as connection:
        connection.execute("""
            CREATE TEMP TABLE wanted AS
                SELECT system_l AS system, key_l AS key FROM asked UNION SELECT system_r, key_r FROM asked""")
        key = newest_round(newest.project.folder).record_key()
        sql = records_sql(newest.folder / "tables" / "person.parquet", key, PERSON_FIELDS, wanted="wanted")
        records = person_facts(connection.sql(f"{sql} ORDER BY system, key").to_arrow_table(), as_of)
        connection.register("records", records)
        found = connection.sql(f"""
            SELECT n FROM (SELECT n, {sides_sql(impossible)} FROM asked
                JOIN records l ON l.system = system_l AND l.key = key_l
                JOIN records r ON r.system = system_r AND r.key = key_r) WHERE {impossible}""").fetchall()
        return {said[n] for (n,) in found} | impossible_within(connection, model, kinds)


def _wrong_pair(row: _Row, now: _Shown | None, impossible: bool) -> Wrong | None:
    """Say what keeps the answer from this pair."""
    if now is None:
        return Wrong(VERDICT, "这一对中有记录已不在最新一轮的数据中", f"不必再处理；仍有待核实的，{_AGAIN}")
    if now.digest != row.digest:
        return Wrong(VERDICT, "清单发出后，这一对记录的内容有了改变", f"{_AGAIN[:-2]}重新核对")
    if wrong := wrong_shown(row.filled, now.cells, _RESTORE):
        return wrong
    if impossible:
        what = "两条记录的号码均有效而不同，出生日期、性别也均不同，不能判为同一人"
        return Wrong(VERDICT, what, "确是同一人的，请先在问题清单中更正有误的证件号码，再重新关联")
    return None


def _standing(newest: Newest) -> dict[str, dict[Pair, str]]:
    """Return by entity what was said before."""
    log = read_decisions(newest.project.folder)
    return {name: {pair: one.kind for pair, one in standing_answers(log, name).items()} for name in ENTITIES}


def _without_contradictions(
    drafts: Sequence[tuple[_Row, Draft]],
    standing: Mapping[str, Mapping[Pair, str]],
    impossible: set[Pair],
    refused: list[Refusal],
) -> list[Draft]:
    """Return the drafts but for those that contradict each other, what stands or what can be; add these to
    ``refused``."""
    kept: list[Draft] = []
    for name in ENTITIES:
        own = [(row, draft) for row, draft in drafts if row.entity == name]
        never = dict.fromkeys(impossible, "different") if name == "person" else {}
        torn = contradictory({**never, **standing[name], **{row.pair: _kind(row) for row, _ in own}})
        for row, draft in own:
            if row.pair not in torn:
                kept.append(draft)
                continue
            told = next((pair for pair in (*sorted(torn & set(never)), *sorted(torn)) if pair != row.pair), None)
            other = f"（如 {_told(told)}）" if told is not None else ""
            what = f"与其他核实结论互相矛盾：几对连起来是同一人，其中一对{other}却不是"
            remedy = "请核对这几对后只交相符的；要改已登记的结论请先撤销（renshe decisions 可查编号）"
            refused.append(row.filled.refuse(Wrong(VERDICT, what, remedy)))
    return kept


def _told(pair: Pair) -> str:
    return " 与 ".join(f"{system_label(system)} {mask_serial(shown_number(number))}" for system, number in pair)


def _kind(row: _Row) -> str:
    return _KINDS[row.entity][row.filled.text(VERDICT) or ""]


def _decision(row: _Row) -> Decision:
    filled, ((system, number), other) = row.filled, row.pair
    day = filled.text(DAY)
    return Decision(
        id="",
        at="",
        by=filled.text(OPERATOR) or "",
        kind=_kind(row),
        checked_by=filled.text(CHECKER),
        table=row.entity,
        system=system,
        key=normal_key([number]),
        ground=filled.text(GROUND),
        source=f"list | {filled.place()}",
        related=normal_key(list(other)),
        date=parse_date(day).isoformat() if day is not None else None,
    )

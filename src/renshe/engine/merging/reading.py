"""The workbook 合并方案 read back: pairs that clerks agreed on become decisions of kind ``merge``, or ``apart``.

Business rule: a merge is decided only where every condition holds now, on what the newest round says, after the insured
person was contacted and agreed (S1-41, S1-42); local pairs come before those across regions (S1-40). What does not pass
is refused with its cell, the reason and the remedy.

Invariant: a decision says what the plan said to the clerk: where the plan would be another now, nothing is decided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from renshe.engine.decisions.books import person_key, person_numbers
from renshe.engine.decisions.log import PAIRED, Decision, effective, read_decisions
from renshe.engine.decisions.pairs import PERSON
from renshe.engine.decisions.terms import AGREED, RESULTS, Contact
from renshe.engine.mending.checks import Draft
from renshe.engine.mending.hands import identity_parts, wrong_day, wrong_hand, wrong_identity, wrong_name, wrong_shown
from renshe.engine.mending.lists import Filled, Form
from renshe.engine.mending.newest import STAMP, Newest
from renshe.engine.mending.refusals import Refusal, Wrong
from renshe.engine.merging.people import People, read_people
from renshe.engine.merging.plan import Listed, PairPlan, links_of, planned
from renshe.engine.merging.sheets import (
    APART,
    CHOSEN,
    CONTACT_BY,
    CONTACT_DAY,
    CONTACT_RESULT,
    DEED,
    FIELD_FORM,
    FIELD_MARK,
    MERGE,
    ORIGINS,
    OTHER,
    PAIR_FORM,
    PAIR_MARK,
    field_cells,
    number_cells,
    people_cells,
)
from renshe.engine.report.sheets import CHECKER, DAY, GROUND, IDENTITY, OPERATOR
from renshe.engine.rules.merge_rules import merge_rules
from renshe.standards.periods import parse_date

_REPLAN = "请运行 renshe merge-plan，从新的合并方案填写"
_RESTORE = "请从原合并方案复制回整行（连同隐藏的“识别码”）；要换保留编号的，用 renshe merge-plan --pairs 名单重做方案"
_RESULTS = {label: result for result, label in RESULTS.items()}
_CHOICES = {label: origin for origin, label in ORIGINS.items()}
_SOURCE = "contact"


@dataclass(frozen=True, slots=True)
class _Row:
    """A filled row whose identity could be read; ``field`` where it is a row of 不一致项."""

    filled: Filled
    pair: Listed
    field: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A pair as it was filled in: its row, the rows of its fields, and what stands in the log of its numbers."""

    row: _Row
    fields: Sequence[_Row]
    standing: Decision | None


class MergePlans:
    """The workbooks of merge plans, as ``renshe decide`` reads them back."""

    forms: Sequence[Form] = (PAIR_FORM, FIELD_FORM)

    def judge(self, rows: Sequence[Filled], newest: Newest) -> tuple[list[Draft], list[Refusal]]:
        """Return what may become decisions, and what is refused."""
        drafts: list[Draft] = []
        refused: list[Refusal] = []
        pairs: list[_Row] = []
        fields: dict[Listed, list[_Row]] = {}
        for filled in rows:
            row = _first_look(filled, newest)
            if isinstance(row, Wrong):
                refused.append(filled.refuse(row))
            elif row.field is None:
                pairs.append(row)
            else:
                fields.setdefault(row.pair, []).append(row)
        merged = {row.pair for row in pairs if row.filled.text(DEED) == MERGE}
        lonely = Wrong(CHOSEN, "这一项所属的一对编号没有选“合并”", "请在“合并方案”表中选“合并”，或清空这一格")
        refused += [row.filled.refuse(lonely) for pair, own in fields.items() if pair not in merged for row in own]
        standing = _standing(newest)
        people = read_people(newest, {(row.pair[0], number) for row in pairs for number in row.pair[1:]})
        plans = _plans(newest, merged - standing.keys(), people)
        for row in pairs:
            asked = _Asked(row, fields.get(row.pair, ()), standing.get(row.pair))
            judged = _judge(asked, plans.get(row.pair), people)
            if isinstance(judged, Decision):
                drafts.append(Draft(row.filled, judged))
            else:
                refused += judged
        return drafts, refused


def _first_look(filled: Filled, newest: Newest) -> _Row | Wrong:
    """Say which pair or field of the plan a row means."""
    parts = identity_parts(filled)
    if isinstance(parts, Wrong):
        return parts
    sound = len(parts) in (6, 7) and all(isinstance(part, str) for part in parts)
    if not sound or parts[0] != (PAIR_MARK if len(parts) == 6 else FIELD_MARK) or not STAMP.fullmatch(parts[-1]):
        return wrong_identity()
    number, digest, *_ = parts[-1].split(":")
    if newest.files(f"{number}:{digest}") is None:
        return Wrong(IDENTITY, f"这一行不是本项目第 {number} 轮的合并方案", f"请交到方案所属的项目，或{_REPLAN[1:]}")
    _, system, old, new, *field = parts[:-2]
    wrong = wrong_shown(filled, number_cells(system, old, new), _RESTORE)
    return wrong or _Row(filled, (system, old, new), field[0] if field else None, parts[-2])


def _standing(newest: Newest) -> dict[Listed, Decision]:
    """Return the decisions on pairs that stand in the log."""
    return {
        (str(one.system), *person_numbers(one)): one
        for one in effective(read_decisions(newest.project.folder))
        if one.kind in PAIRED and one.key is not None and one.new is not None
    }


def _plans(newest: Newest, pairs: Collection[Listed], people: People) -> dict[Listed, PairPlan]:
    """Return what is planned now for the pairs that clerks agreed on, in the order of all pairs."""
    if not pairs:
        return {}
    links = links_of(newest)
    known = people.records.keys()
    listed = sorted(pair for pair in pairs if known >= {(pair[0], pair[1]), (pair[0], pair[2])})
    with planned(newest, links, listed, pairs) as plan:
        return {(one.pair.system, one.pair.old, one.pair.new): one for one in plan.pairs}


def _judge(asked: _Asked, plan: PairPlan | None, people: People) -> Decision | list[Refusal]:
    filled = asked.row.filled
    deed = filled.text(DEED)
    wrong: Wrong | None = None
    if deed is None:
        given = next(column for column in PAIR_FORM.filled if filled.text(column) is not None)
        wrong = Wrong(DEED, f"填了“{given}”而没有选“{DEED}”", f"请从下拉列表中选择：{MERGE}、{APART}")
    elif deed not in (MERGE, APART):
        wrong = Wrong(DEED, f"没有处理方式“{deed[:20]}”", f"请从下拉列表中选择：{MERGE}、{APART}")
    elif asked.standing is not None:
        return [_recorded(asked, asked.standing)]
    wrong = wrong or wrong_hand(filled)
    told = wrong_shown(filled, people_cells(people, *asked.row.pair), f"{_RESTORE}；数据已有变化的，{_REPLAN}")
    if wrong is None and deed == APART:
        return _decision(asked.row, "apart", None) if told is None else [filled.refuse(told)]
    wrong = wrong or _wrong_pair(asked.row, plan) or told or _wrong_contact(filled)
    if wrong is not None or plan is None:
        return [filled.refuse(wrong or Wrong(DEED, "这一对编号已不在合并方案中", _REPLAN))]
    origins = _origins(asked.fields, plan)
    if isinstance(origins, list):
        return [*origins, filled.refuse(Wrong(DEED, "“不一致项”中这一对的改取有误", "请先改正那里的改取，再交这一对"))]
    day = parse_date(str(filled.text(CONTACT_DAY))).isoformat()
    contact = Contact(day, str(filled.text(CONTACT_BY)), AGREED)
    return _decision(asked.row, "merge", plan.terms(contact, origins).details())


def _recorded(asked: _Asked, standing: Decision) -> Refusal:
    """Return why a pair on which the log has a decision is not entered again."""
    filled = asked.row.filled
    if standing.kind == ("merge" if filled.text(DEED) == MERGE else "apart"):
        return filled.refuse(Wrong(DEED, f"已经登记过（{standing.id}）", "不必再交"), recorded=True)
    what = f"此处已登记另一种处理（{standing.id}，{standing.by}）"
    return filled.refuse(Wrong(DEED, what, f"要改主意请先撤销：renshe revoke 项目文件夹 {standing.id}"))


def _wrong_pair(row: _Row, plan: PairPlan | None) -> Wrong | None:
    """Say what keeps a pair from being merged now."""
    if plan is None:
        return Wrong(DEED, "这一对编号已不在合并方案中（已合并，或记录、关联有了变化）", _REPLAN)
    if plan.state != "ready":
        what = "；".join(one.what for one in plan.obstacles)
        return Wrong(DEED, f"不能合并：{what}", "；".join(dict.fromkeys(one.remedy for one in plan.obstacles)))
    if plan.digest != row.digest:
        return Wrong(DEED, "这一对的方案已改变（数据、决定或关联有了变化）", _REPLAN)
    return None


def _wrong_contact(filled: Filled) -> Wrong | None:
    """Say what lacks of the record that the insured person was contacted and agreed."""
    condition = merge_rules().failed("contact")
    day, by, result = (filled.text(column) for column in (CONTACT_DAY, CONTACT_BY, CONTACT_RESULT))
    for column, text in ((CONTACT_DAY, day), (CONTACT_BY, by), (CONTACT_RESULT, result)):
        if text is None:
            return Wrong(column, f"没有填“{column}”：{condition.what}", condition.remedy)
    if result not in _RESULTS:
        return Wrong(CONTACT_RESULT, f"没有联系结果“{str(result)[:20]}”", f"请从下拉列表中选择：{'、'.join(_RESULTS)}")
    if _RESULTS[result] != AGREED:
        return Wrong(CONTACT_RESULT, f"联系结果为“{result}”，不能合并", condition.remedy)
    return wrong_day(CONTACT_DAY, str(day)) or wrong_name(CONTACT_BY, str(by))


def _origins(rows: Iterable[_Row], plan: PairPlan) -> dict[str, str] | list[Refusal]:
    """Return, by field, the record that clerks chose; or what is wrong with their choices."""
    fields = {one.name: one for one in plan.fields}
    chosen: dict[str, tuple[_Row, str]] = {}
    refused: list[Refusal] = []
    for row in rows:
        label = row.filled.text(CHOSEN)
        origin = _CHOICES.get(label or "")
        field = fields.get(str(row.field))
        if origin is None or field is None or row.digest != plan.digest:
            what = "这一项的方案已改变" if origin is not None else f"没有“{str(label)[:20]}”这种取法"
            remedy = _REPLAN if origin is not None else f"请从下拉列表中选择：{'、'.join(_CHOICES)}"
            refused.append(row.filled.refuse(Wrong(CHOSEN, what, remedy)))
            continue
        if wrong := wrong_shown(row.filled, field_cells(plan, field), _RESTORE):
            refused.append(row.filled.refuse(wrong))
            continue
        taken = str(field.other_system) if origin == OTHER else origin
        earlier = chosen.setdefault(field.name, (row, taken))
        if earlier[1] != taken:
            what = f"同一项另有不同的改取（{earlier[0].filled.place()}）"
            refused += [one.filled.refuse(Wrong(CHOSEN, what, "请商定后只保留一种")) for one in (earlier[0], row)]
        elif field.value_of(taken) is None or taken in field.untyped:
            refused.append(row.filled.refuse(Wrong(CHOSEN, f"“{label}”是空的或不合格式", "请改取另一方，或清空这一格")))
    return refused or {name: origin for name, (_, origin) in chosen.items()}


def _decision(row: _Row, kind: str, details: str | None) -> Decision:
    filled, (system, old, new) = row.filled, row.pair
    day = filled.text(DAY)
    return Decision(
        id="",
        at="",
        by=filled.text(OPERATOR) or "",
        kind=kind,
        checked_by=filled.text(CHECKER),
        table=PERSON,
        system=system,
        key=person_key(old),
        field="person_no",
        old=old,
        new=new,
        ground=filled.text(GROUND),
        source=f"{_SOURCE} | {filled.place()}",
        date=parse_date(day).isoformat() if day is not None else None,
        details=details,
    )

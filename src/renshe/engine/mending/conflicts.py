"""One problem, one decision: what contradicts itself in a reading, or the log of decisions, is refused.

Business rule: two clerks who say different things of one value have to agree first; what is decided stands until it
is revoked, and a workbook that is read twice adds nothing.

Invariant: the outcome does not depend on the order of rows, sheets or workbooks. Of a field of a row at most one new
value is entered per reading, and none where a decision on the value shown already waits for its round.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from renshe.engine.decisions.log import LINKED, PAIRED, VALUES, Decision
from renshe.engine.mending.checks import Draft
from renshe.engine.mending.refusals import Refusal, Wrong
from renshe.standards.dictionary import table

# What of a decision is not where it was written down: by this a reading is put in order.
_ORDER = "table system key source_file source_row field rule related kind new".split()
_HANDS = "ground by checked_by date".split()


def settle(drafts: Iterable[Draft]) -> tuple[list[Draft], list[Refusal]]:
    """Take equal drafts once and refuse those that contradict each other, each with where another one stands.

    What is kept comes in the order in which it is to be entered.
    """
    ordered = sorted(drafts, key=_order)
    refused: dict[int, Refusal] = {}
    for subject in (_problem, _field):
        groups: dict[Hashable, list[Draft]] = {}
        for draft in ordered:
            if (what := subject(draft.decision)) is not None:
                groups.setdefault(what, []).append(draft)
        for group in groups.values():
            _refuse_differing(group, refused)
    kept: dict[Hashable, Draft] = {}
    for draft in ordered:
        if id(draft) not in refused:
            kept.setdefault(_effect(draft.decision), draft)
    return list(kept.values()), list(refused.values())


def _refuse_differing(group: list[Draft], refused: dict[int, Refusal]) -> None:
    contents = [_content(draft.decision) for draft in group]
    if len(set(contents)) < 2:
        return
    for draft, content in zip(group, contents, strict=True):
        other = next(one for one, theirs in zip(group, contents, strict=True) if theirs != content)
        what = f"同一问题或同一字段另有不同的处理（{other.filled.place()}）"
        refused[id(draft)] = draft.filled.refuse(Wrong(draft.filled.sheet.form.choice, what, "请商定后只保留一种"))


def _order(draft: Draft) -> tuple[object, ...]:
    """Rows are found by their key: what changes a key is entered after all else, whoever wrote it where."""
    decision = draft.decision
    entry = table(str(decision.table))
    came = (decision.source or "").partition(" | ")[0]
    told = [getattr(decision, name) for name in (*_ORDER, *_HANDS)]
    return (
        decision.field in (*entry.key, *entry.key_else),
        *((value is not None, str(value)) for value in told),
        came,
        draft.filled.place(),
    )


def _row(decision: Decision) -> tuple[Hashable, ...]:
    return decision.table, decision.system, decision.key, decision.source_file, decision.source_row


def _problem(decision: Decision) -> Hashable:
    return _row(decision), decision.rule, decision.field, decision.related


def _field(decision: Decision) -> Hashable | None:
    return (_row(decision), decision.field) if decision.kind in VALUES else None


def _content(decision: Decision) -> Hashable:
    """What a decision says: a value is a value, whoever knew it; a merge is into a number, on terms."""
    if decision.kind in VALUES:
        return "value", decision.new
    return (decision.kind, decision.new, decision.details) if decision.kind in PAIRED else decision.kind


def _effect(decision: Decision) -> Hashable:
    """What a decision does: to the field, to the row, or to the problem alone."""
    if decision.kind == "remove":
        return _row(decision), "remove"
    return _field(decision) or (_problem(decision), decision.kind)


class Standing:
    """The decisions that stand in the log, by the row that they speak of."""

    def __init__(self, standing: Iterable[Decision]) -> None:
        self._rows: dict[Hashable, list[Decision]] = {}
        for decision in standing:
            self._rows.setdefault((decision.table, decision.system, decision.key), []).append(decision)

    def refusal(self, draft: Draft) -> Refusal | None:
        """Return why ``draft`` is not entered: it is in the log, or something else about the same is."""
        mine = draft.decision
        for theirs in self._rows.get((mine.table, mine.system, mine.key), ()):
            if not _same_place(theirs, mine) or not _concerns(theirs, mine):
                continue
            recorded = _content(theirs) == _content(mine) and (mine.kind != "recollect" or theirs.ground == mine.ground)
            if recorded:
                what, remedy = f"已经登记过（{theirs.id}）", "不必再交"
            elif "recollect" in (theirs.kind, mine.kind) or theirs.kind == "unsure":
                continue
            else:
                what = f"此处已登记另一种处理（{theirs.id}，{theirs.by}）"
                remedy = f"要改主意请先撤销：renshe revoke 项目文件夹 {theirs.id}"
            return draft.filled.refuse(Wrong(draft.filled.sheet.form.choice, what, remedy), recorded=recorded)
        return None


def _same_place(theirs: Decision, mine: Decision) -> bool:
    """Whether both mean one row: rows that share a key are told apart by their places, where both name one."""
    return all(
        None in (told, asked) or told == asked
        for told, asked in ((theirs.source_file, mine.source_file), (theirs.source_row, mine.source_row))
    )


def _concerns(theirs: Decision, mine: Decision) -> bool:
    """Whether a decision that stands has not had its effect on what the list shows, and ``mine`` is about the same.

    A value that a decision has put there already may be mended further: that is a decision on another value.
    """
    if theirs.kind in PAIRED or mine.kind in PAIRED:
        # Whether two records are one is another question than what either says.
        return False
    if theirs.kind in LINKED or mine.kind in LINKED:
        return theirs.kind in LINKED and mine.kind in LINKED and theirs.related == mine.related
    if theirs.kind == "remove":
        return mine.kind in ("remove", *VALUES)
    same_problem = theirs.rule in (None, mine.rule) and theirs.field in (None, mine.field)
    if theirs.kind in VALUES:
        waits = theirs.field == mine.field and theirs.old == mine.old
        return waits and (mine.kind in VALUES or (same_problem and mine.kind != "remove"))
    return theirs.kind in ("accept", "recollect") and same_problem and theirs.related in (None, mine.related)

"""Merges applied: one of two records of a person goes, its rows get the other's number, agreed values survive.

Business rule (白社保〔2021〕22号 三（七）, S1-43): base information, enrolments and contributions are joined under one
number; contributions of a month that both paid stay with the number that goes, set aside as 待退, and take no part in
sums. A merge holds only where what it was decided on is still so, and no condition forbids it, whatever was decided
before it in the log. The person's row that goes stays in its table, sealed and invalid, so both numbers are found.

Invariant: a merge is applied whole or not at all. What becomes of it depends on the rows of its two numbers as all
earlier decisions left them, and on earlier merges of these numbers: merges that share no number are applied together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from renshe.engine.decisions.books import Books, person_key, person_numbers
from renshe.engine.decisions.joined import Joined
from renshe.engine.decisions.log import Decision, one_hand
from renshe.engine.decisions.outcomes import Outcome
from renshe.engine.decisions.pairs import PERSON, Asked, MergeRules, compared_fields
from renshe.engine.decisions.rows import Row, Rows, as_staged
from renshe.engine.decisions.terms import Terms, read_terms
from renshe.engine.decisions.working import FROZEN, SEALED, Working, refund_reason
from renshe.standards.dictionary import dictionary
from renshe.standards.masks import mask_serial

_INVALID = "0"
_REPLAN = "请重新生成合并方案（renshe merge-plan），按新方案处理"
Number = tuple[str, str]
"""A system and a person's number in it."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A merge whose two persons' rows agree with it: the values that survive, where the row that stays lacks them."""

    decision: Decision
    old: Row
    new: Row
    terms: Terms
    puts: Mapping[str, Any]

    @property
    def numbers(self) -> tuple[str, str]:
        return person_numbers(self.decision)


class Merger:
    """Applies the merges of a log, in its order, to rows that other decisions speak of and to all others."""

    def __init__(
        self,
        books: Books,
        merges: Sequence[Decision],
        rules: MergeRules,
        as_of: date,
        values: Mapping[tuple[str, str], Any],
        spill: Path,
    ) -> None:
        self.books = books
        self.rules = rules
        self.as_of = as_of
        self.values = values
        self.outcomes: dict[str, Outcome] = {}
        self._joined: list[Joined] = []
        numbers: dict[str, set[str]] = {}
        for decision in merges:
            numbers.setdefault(str(decision.system), set()).update(person_numbers(decision))
        self.systems = frozenset(numbers)
        self.working = Working(books.sources, numbers, rules, spill)
        self._gone: dict[Number, str] = {}
        self._waves: dict[int, list[Decision]] = {}
        self._level: dict[Number, int] = {}
        self._dirty: dict[int, Row] = {}

    def offer(self, decision: Decision) -> None:
        """Take a merge, to be applied after all earlier ones that share a number with it."""
        system = str(decision.system)
        terms = read_terms(decision)
        before = [number for pair in terms.after for number in pair] if terms is not None else []
        numbers = [(system, number) for number in (*person_numbers(decision), *before)]
        level = 1 + max(self._level.get(number, 0) for number in numbers)
        self._waves.setdefault(level, []).append(decision)
        self._level.update(dict.fromkeys(numbers, level))

    def before(self, decision: Decision, rows: Rows) -> None:
        """Apply what was taken so far where another decision concerns one of its persons."""
        if not self._level or decision.system not in self.systems:
            return
        system = str(decision.system)
        concerned = {row.now.get("person_no") for row in rows.find(str(decision.key))}
        concerned |= {decision.new} if decision.field == "person_no" else set()
        concerned |= {part for part in json.loads(str(decision.key)) if isinstance(part, str)}
        if any((system, number) in self._level for number in concerned if number is not None):
            self.settle()

    def note(self, row: Row) -> None:
        """Know of a row that another decision changed."""
        if row.before["system"] in self.systems:
            self._dirty[id(row)] = row

    def settle(self) -> None:
        """Apply what was taken so far."""
        for level in sorted(self._waves):
            self._apply(self._waves[level])
        self._waves.clear()
        self._level.clear()

    def _apply(self, wave: Iterable[Decision]) -> None:
        """Apply merges no two of which share a number."""
        self._tell_working()
        drafts: list[_Draft] = []
        for decision in wave:
            draft = self._draft(decision)
            if isinstance(draft, str):
                self._refuse(decision, draft)
            else:
                drafts.append(draft)
        asked = self.working.ask([(str(draft.decision.system), *draft.numbers) for draft in drafts], self.as_of)
        chosen = []
        for n, (draft, known) in enumerate(zip(drafts, asked, strict=True)):
            reason = _against(draft.terms, known)
            if reason is None:
                chosen.append(n)
            else:
                self._refuse(draft.decision, reason, draft.old)
        self.working.move(chosen)
        owned = self._owned({str(drafts[n].decision.system) for n in chosen})
        for n in chosen:
            self._join(drafts[n], asked[n], owned)

    def _refuse(self, decision: Decision, reason: str, row: Row | None = None) -> None:
        self.outcomes[decision.id] = Outcome(decision, "unfit", f"不能合并：{reason}", row)

    def _tell_working(self) -> None:
        """Put rows that other decisions changed since where the rules of merging look."""
        rows: dict[int, list[Row]] = {}
        for row in self._dirty.values():
            rows.setdefault(row.source, []).append(row)
        self._dirty.clear()
        for at, changed in rows.items():
            staged = self.books.sources[at]
            if staged.table in self.working.tables:
                self.working.put(at, as_staged(staged, changed, self.as_of))

    def _draft(self, decision: Decision) -> _Draft | str:
        """Hold a merge against the two persons' rows; return why it does not fit."""
        system, (old, new) = str(decision.system), person_numbers(decision)
        if old == new:
            return "两个编号相同，请核对编号"
        if one_hand(decision):
            return "经办人与复核人是同一人；请撤销后由另一人复核，再登记"
        for number in (old, new):
            if (system, number) in self._gone:
                now = self._final((system, number))
                return f"{mask_serial(number)} 已并入 {mask_serial(now)}；{_REPLAN}"
        terms = read_terms(decision)
        if terms is None:
            return f"决定没有写明合并方案（details）；{_REPLAN}"
        if terms.contact is None or not terms.contact.agreed:
            return self.rules.failed("contact").line
        if any(self._final((system, one)) != self._final((system, other)) for one, other in terms.after):
            return self.rules.failed("order").line
        rows = self.books.rows(decision)
        found = [
            [row for row in rows.find(person_key(number)) if row.now["valid"] != _INVALID] for number in (old, new)
        ]
        if any(len(one) != 1 for one in found):
            return self.rules.failed("rows").line
        [goes], [stays] = found
        puts = self._puts(goes, stays, terms)
        return puts if isinstance(puts, str) else _Draft(decision, goes, stays, terms, puts)

    def _final(self, number: Number) -> str:
        """Return under which number a person is now, who had ``number`` once."""
        system, now = number
        while (system, now) in self._gone:
            now = self._gone[system, now]
        return now

    def _puts(self, goes: Row, stays: Row, terms: Terms) -> dict[str, Any] | str:
        """Return the values that the row that stays is to get; or why what was agreed on is no longer so."""
        differing = {
            name: (goes.shown(name), stays.shown(name))
            for name in compared_fields()
            if goes.shown(name) != stays.shown(name)
        }
        agreed = {name: (choice.old, choice.new) for name, choice in terms.fields.items()}
        if differing != agreed:
            moved = sorted(name for name in {*differing, *agreed} if differing.get(name) != agreed.get(name))
            labels = [_label(name) for name in moved]
            return f"两条人员信息与方案不一致（{'、'.join(labels)}）；{_REPLAN}"
        puts: dict[str, Any] = {}
        for name, choice in terms.fields.items():
            if choice.value == choice.new and (choice.new is not None or goes.now[name] is None):
                continue
            if choice.value is None:
                return f"“{_label(name)}”不能以空值代替已有的值；{_REPLAN}"
            same = choice.value == choice.old and goes.now[name] is not None
            value = goes.now[name] if same else self.values.get((name, choice.value))
            if value is None:
                return f"“{_label(name)}”的取值不合格式或代码表；{_REPLAN}"
            puts[name] = value
        return puts

    def _owned(self, systems: Iterable[str]) -> dict[Number, list[tuple[Rows, Row]]]:
        """Return, by person, the rows that other decisions speak of, the persons' own apart."""
        found: dict[Number, list[tuple[Rows, Row]]] = {}
        for system in systems:
            for rows in self.books.owned(system):
                for row in rows if rows.entry.name != PERSON else ():
                    found.setdefault((system, str(row.now["person_no"])), []).append((rows, row))
        return found

    def _join(self, draft: _Draft, known: Asked, owned: Mapping[Number, Sequence[tuple[Rows, Row]]]) -> None:
        system, (old, new) = str(draft.decision.system), draft.numbers
        refunded = {(refund.src, refund.source_row) for refund in known.refunds}
        for rows, row in owned.get((system, old), ()):
            if row.taken is not None:
                continue
            if (row.source, row.before["source_row"]) in refunded:
                _set_aside(row, FROZEN, refund_reason(new), f"这一笔随合并 {draft.decision.id} 待退")
            else:
                rows.put(row, "person_no", new)
        people = self.books.rows(draft.decision)
        for name, value in draft.puts.items():
            people.put(draft.new, name, value)
        _set_aside(draft.old, SEALED, f"已并入个人编号{new}", f"已并入 {mask_serial(new)}（{draft.decision.id}）")
        for row in (draft.old, draft.new):
            self.note(row)
        self._gone[system, old] = new
        self.outcomes[draft.decision.id] = Outcome(draft.decision, "applied", None, draft.old)
        moved = sum(known.moved.values())
        self._joined.append(Joined(draft.decision, system, old, new, new, draft.terms.scope, moved, known.refunds))

    def joined(self) -> list[Joined]:
        """Apply what is left and return the merges that were applied."""
        self.settle()
        return [replace(one, number=self._final((one.system, one.old))) for one in self._joined]


def _label(name: str) -> str:
    entry = dictionary()[PERSON]
    return entry.field(name).label if name in entry.names else name


def _set_aside(row: Row, hold: str, reason: str, taken: str) -> None:
    kept = row.now["hold_reason"]
    for name, value in (("valid", _INVALID), ("hold", hold), ("hold_reason", f"{reason}；{kept}" if kept else reason)):
        row.put(name, value)
    row.taken = taken


def _against(terms: Terms, known: Asked) -> str | None:
    """Say what forbids a merge, or is not as it was agreed."""
    if known.obstacles:
        return "；".join(one.line for one in known.obstacles)
    if sorted(refund.told for refund in known.refunds) != sorted(terms.refunds):
        return f"同月重复缴费与方案不一致；{_REPLAN}"
    for name, count in terms.moved.items():
        lacking = count - known.moved.get(name, 0)
        if lacking > 0:
            return f"被并编号的“{dictionary()[name].label}”比方案少 {lacking} 条；{_REPLAN}"
    return None

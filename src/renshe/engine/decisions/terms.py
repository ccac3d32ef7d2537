"""What a merge was decided on: which value of each field survives, which rows move, what is refunded, who was asked.

Business rule (白社保〔2021〕22号 三（七）): a merge is agreed with the insured person, on values and rows that somebody
saw. So the decision carries them, and is applied only where they still are so.

Invariant: terms written as details are read back as they were; details that are no terms are refused, never guessed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from renshe.engine.decisions.log import Decision

Scope = Literal["local", "cross"]
AGREED = "agreed"
RESULTS: Mapping[str, str] = {AGREED: "同意合并", "refused": "不同意", "unreached": "联系不上"}
"""What may come of contacting the insured person."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One field: what the record that goes says, what the one that stays says, what survives, and from where."""

    old: str | None
    new: str | None
    value: str | None
    origin: str


@dataclass(frozen=True, slots=True)
class Contact:
    """When and by whom the insured person was contacted, and what came of it (of ``RESULTS``)."""

    on: str
    by: str
    result: str

    @property
    def agreed(self) -> bool:
        """Whether it is a record of consent: a day, a name, and the result."""
        try:
            date.fromisoformat(self.on)
        except ValueError:
            return False
        return bool(self.by.strip()) and self.result == AGREED


@dataclass(frozen=True, slots=True)
class Terms:
    """What a merge was decided on.

    ``moved`` counts, by table, the rows that get the other number; ``refunds`` are key and sum of contributions that do
    not. ``after``: the local merges (old, new) that come before one across regions.
    """

    scope: Scope
    fields: Mapping[str, Choice] = field(default_factory=dict)
    moved: Mapping[str, int] = field(default_factory=dict)
    refunds: tuple[tuple[str, str], ...] = ()
    contact: Contact | None = None
    after: tuple[tuple[str, str], ...] = ()

    def details(self) -> str:
        """Return the terms as the details of a decision."""
        rows: dict[str, dict[str, Any]] = {name: {"moved": count} for name, count in sorted(self.moved.items())}
        if self.refunds:
            rows.setdefault("contribution", {"moved": 0})["refund"] = [list(one) for one in self.refunds]
        contact = self.contact
        told = {
            "scope": self.scope,
            "contact": None if contact is None else {"on": contact.on, "by": contact.by, "result": contact.result},
            "fields": {
                name: {"old": one.old, "new": one.new, "value": one.value, "from": one.origin}
                for name, one in self.fields.items()
            },
            "rows": rows,
            "after": [list(one) for one in self.after],
        }
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def read_terms(decision: Decision) -> Terms | None:
    """Return what a merge was decided on; None where its details do not tell."""
    try:
        told = json.loads(decision.details or "")
        contact = told.get("contact")
        rows: dict[str, dict[str, Any]] = told.get("rows") or {}
        terms = Terms(
            scope={"local": "local", "cross": "cross"}[told["scope"]],  # type: ignore[arg-type]
            fields={
                str(name): Choice(_text(one["old"]), _text(one["new"]), _text(one["value"]), str(one.get("from", "")))
                for name, one in told["fields"].items()
            },
            moved={name: int(own.get("moved", 0)) for name, own in rows.items()},
            refunds=tuple((str(key), str(paid)) for own in rows.values() for key, paid in own.get("refund", ())),
            contact=None if contact is None else Contact(*(str(contact[name]) for name in ("on", "by", "result"))),
            after=tuple((str(old), str(new)) for old, new in told.get("after", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return terms


def _text(value: Any) -> str | None:
    return None if value is None else str(value)

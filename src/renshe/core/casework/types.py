"""Case types: how one kind of business is done, declared in code.

Rule (S0-15, S4-2): a business operation is a form, the documents it needs, checks, steps with posts, a time limit,
and the effect that is carried out when the last decision is made. Approval, traces, deadlines, numbers, scope and lists
come by themselves.

Invariant: a case keeps the version of its type that it began with; a declared version is never taken out while cases
of it are open (``selectors.undeclared``, which ``renshe check`` asks).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import yaml

from renshe.core.casework.forms import Item, Problems
from renshe.core.casework.ruling import judge
from renshe.core.org import operations
from renshe.core.org.operations import EVERY_LEVEL, Operation

if TYPE_CHECKING:
    from renshe.core.casework.models import Case

Risk = Literal["low", "high"]
StepKind = Literal["check", "approve"]
Channel = Literal["counter", "web", "hotline", "kiosk", "api", "batch", "event"]
About = Literal["person", "unit"]
Values = Mapping[str, Any]
Check = Callable[[Values], Problems]
Effect = Callable[["Case", Values], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """One decision to be made: ``operation`` is what whoever makes it must be granted for the region of the case;
    ``quorum`` how many different people; ``level`` of which level their agencies are (None: of any); ``when`` says of
    the form's values whether it is made at all (None: always)."""

    name: str
    label: str
    operation: str
    kind: StepKind = "check"
    quorum: int = 1
    level: int | None = None
    when: Callable[[Values], bool] | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that a case needs; ``when`` says of the form's values whether it does."""

    kind: str
    label: str
    when: Callable[[Values], bool] | None = None


@dataclass(frozen=True, slots=True)
class CaseType:
    """One version of a case type. ``prefix`` begins its numbers; ``enter`` is the operation that starts it;
    ``workdays`` is its time limit, ``extension`` by how many it may be extended at most; ``rules`` are rules of the
    catalogue that the form must meet; ``person`` and ``unit`` name the items that say whom it is about; ``lead`` is the
    kind of department that answers for it, ``support`` those that help; ``documents``: kinds of documents that may be
    printed of it when it is over, beside the receipt and the result; ``applicants``: whether people, or units, apply
    for it themselves, in their own matters; ``known``: what is known already of whom it is about, by item."""

    name: str
    label: str
    prefix: str
    items: Sequence[Item]
    steps: Sequence[Step]
    effect: Effect
    enter: str
    version: int = 1
    papers: Sequence[Paper] = ()
    checks: Sequence[Check] = ()
    rules: Sequence[str] = ()
    workdays: int = 20
    extension: int = 10
    risk: Risk = "low"
    channels: frozenset[Channel] = frozenset(("counter", "web", "api"))
    person: str | None = None
    unit: str | None = None
    legal: str = ""
    documents: Sequence[str] = ()
    lead: str | None = None
    support: Sequence[str] = ()
    applicants: frozenset[About] = frozenset()
    known: Callable[[str], Mapping[str, Any]] | None = None

    def __post_init__(self) -> None:
        if any(self.names(one) is None for one in self.applicants):
            raise ValueError(f"{self.name}: who applies must be whom it is about")

    @property
    def module(self) -> str:
        """The business line that it belongs to, which a region may have switched off."""
        return self.name.partition(".")[0]

    @property
    def needed(self) -> int:
        """How many people must agree at most."""
        return sum(one.quorum for one in self.steps)

    def names(self, about: About) -> str | None:
        """Return the item that says which person, or unit, it is about; None where there is none."""
        return self.person if about == "person" else self.unit

    def steps_passed(self, values: Values) -> list[int]:
        """Return, by their places, the steps that a case with ``values`` passes."""
        return [at for at, one in enumerate(self.steps) if one.when is None or one.when(values)]

    def problems(self, values: Values, *, judged: bool = False) -> Problems:
        """Return what rules and checks find in ``values``, by item. ``judged``: rules, which look at the form and the
        day alone, found nothing in this form today."""
        found = judge(self.items, self.rules, values) if self.rules and not judged else {}
        for check in self.checks:
            found = {**check(values), **found}
        return found

    def papers_needed(self, values: Values) -> list[Paper]:
        """Return the documents that a case with ``values`` needs."""
        return [one for one in self.papers if one.when is None or one.when(values)]


_KNOWN: dict[tuple[str, int], CaseType] = {}


_LABELS: Mapping[StepKind, str] = {"check": "复核", "approve": "审批"}


@cache
def risk_steps() -> dict[str, list[StepKind]]:
    """Return by risk the kinds of step that a case passes after its maker."""
    found: dict[str, list[StepKind]] = yaml.safe_load(
        resources.files(__package__).joinpath("risk.yaml").read_text("utf-8")
    )
    return found


def case_type(
    name: str,
    label: str,
    *,
    prefix: str,
    items: Sequence[Item],
    risk: Risk = "low",
    steps: Sequence[Step] | None = None,
    **more: Any,
) -> Callable[[Effect], Effect]:
    """Declare a case type whose effect is the function that this decorates.

    Without ``steps`` it passes those of its ``risk``, each to be made by whom ``<name>.<step>`` is granted to; it is
    entered by whom ``<name>.enter`` is granted to. ValueError where it asks for fewer people than its risk does.
    """
    graded = risk_steps()[risk]
    passed = steps if steps is not None else [Step(one, _LABELS[one], f"{name}.{one}", one) for one in graded]
    if sum(one.quorum for one in passed if one.when is None) < len(graded):
        raise ValueError(f"{name}: {len(graded)} people decide a case of {risk} risk at least")

    def declare(effect: Effect) -> Effect:
        enter = more.pop("enter", f"{name}.enter")
        operations.declare(Operation(enter, f"经办{label}", "entry"))
        for step in passed:
            levels = EVERY_LEVEL if step.level is None else frozenset({step.level})
            operations.declare(Operation(step.operation, f"{step.label}{label}", step.kind, levels))
        made = CaseType(
            name, label, prefix=prefix, items=items, steps=passed, effect=effect, enter=enter, risk=risk, **more
        )
        if _KNOWN.setdefault((made.name, made.version), made) is not made:
            raise ValueError(f"{made.name}: version {made.version} is declared twice")
        return effect

    return declare


def find_type(name: str, version: int | None = None) -> CaseType:
    """Return a case type, in its newest ``version`` or in the one that is asked for; KeyError if there is none."""
    if version is None:
        version = max((number for known, number in _KNOWN if known == name), default=0)
    return _KNOWN[name, version]


def case_types() -> Iterable[CaseType]:
    """Return every version of every case type that is declared, by name."""
    return [_KNOWN[key] for key in sorted(_KNOWN)]

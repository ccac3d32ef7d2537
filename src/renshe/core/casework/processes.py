"""How business is done here, told: every case type with its steps, posts, documents and limits.

Rule (S0-15 业务流程、工作程序; S4-18): the process is what is declared, so what is listed and printed is what happens;
what a place does otherwise stands beside it. How long cases really took stands beside how long they may take.

Invariant: nothing here is written by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Avg, Count, F

from renshe.core.casework.local import terms_of
from renshe.core.casework.models import State
from renshe.core.casework.selectors import cases
from renshe.core.casework.types import CaseType, case_types
from renshe.core.org.actor import Actor
from renshe.core.org.models import Grant, Region
from renshe.core.org.validity import in_force


@dataclass(frozen=True, slots=True)
class StepTold:
    """One step: what is done, by how many, and in which posts people may do it in the region."""

    label: str
    kind: str
    quorum: int
    level: int | None
    posts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Process:
    """A case type as it is done in a region today. ``local``: what differs here; ``workdays`` as it holds here."""

    name: str
    label: str
    version: int
    risk: str
    legal: str
    lead: str | None
    support: tuple[str, ...]
    channels: tuple[str, ...]
    items: tuple[Mapping[str, object], ...]
    papers: tuple[Mapping[str, str], ...]
    steps: tuple[StepTold, ...]
    workdays: int
    extension: int
    local: Mapping[str, object]


def process_of(kind: CaseType, region: Region) -> Process:
    """Return how ``kind`` is done in ``region`` today."""
    local = terms_of(kind, region)
    more = local.get("papers", {})
    entering = StepTold("经办", "entry", 1, None, _posts(kind.enter, region))
    return Process(
        name=kind.name,
        label=kind.label,
        version=kind.version,
        risk=kind.risk,
        legal=kind.legal,
        lead=kind.lead,
        support=tuple(kind.support),
        channels=tuple(sorted(kind.channels)),
        items=tuple(
            {
                **{name: getattr(one, name) for name in ("name", "label", "type", "required", "codes")},
                "choices": dict(one.choices),
            }
            for one in kind.items
        ),
        papers=tuple({"kind": one.kind, "label": one.label} for one in kind.papers)
        + tuple({"kind": name, "label": label} for name, label in more.items()),
        steps=(
            entering,
            *(StepTold(s.label, s.kind, s.quorum, s.level, _posts(s.operation, region)) for s in kind.steps),
        ),
        workdays=local.get("workdays", kind.workdays),
        extension=kind.extension,
        local=local,
    )


def processes(region: Region) -> list[Process]:
    """Return all case types, in their newest version, as they are done in ``region`` today."""
    newest = {kind.name: kind for kind in case_types()}
    return [process_of(newest[name], region) for name in sorted(newest)]


def durations(actor: Actor) -> list[Mapping[str, object]]:
    """Return of the finished cases that ``actor`` sees, by type and version: how many, and how long they took."""
    done = cases(actor).filter(state=State.DONE).values("type", "version")
    return list(
        done.annotate(count=Count("pk"), took=Avg(F("ended_at") - F("submitted_at"))).order_by("type", "version")
    )


def _posts(operation: str, region: Region) -> tuple[str, ...]:
    grants = Grant.objects.filter(in_force(), operation=operation, region__in=region.path.split("/"))
    return tuple(grants.order_by("post__code").values_list("post__name", flat=True).distinct())

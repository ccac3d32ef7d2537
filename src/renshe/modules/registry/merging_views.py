"""Two numbers side by side before they are made one: while the form is filled in, and on the page of the case.

Rule (S1-41; issue 6 "survivorship shown field by field"): of each field in which they differ both values stand there,
which survives, and why; so does what must be settled first. Values are masked; whole only with a reason, recorded.

Invariant: these pages change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse

from renshe.core.casework.forms import Item, item, item_shown
from renshe.core.casework.models import Case, State
from renshe.core.casework.selectors import case_get
from renshe.core.errors import BusinessError
from renshe.core.org.actor import Actor
from renshe.core.pages.answering import action, page, shown
from renshe.core.pages.panels import hint, panel
from renshe.core.pages.reading import said
from renshe.modules.registry.merging import FieldChoice, Preview, merge_preview
from renshe.modules.registry.models import Merged, UnitMerged
from renshe.modules.registry.person_cases import attribute
from renshe.modules.registry.unit_merging import unit_merge_preview

for _type in ("registry.person_merge", "registry.unit_merge"):
    hint(_type, "merging_hint")


def _preview(actor: Actor, told: Mapping[str, str], reason: str = "") -> Preview | None:
    """Return what merging the two numbers would do, as people read it; None until both are told."""
    old, person_no, unit_no = (told.get(name) for name in ("old_no", "person_no", "unit_no"))
    if old and person_no:
        return _readable(merge_preview(actor=actor, old=old, kept=person_no, reason=reason), attribute)
    if old and unit_no:
        found = unit_merge_preview(actor=actor, old_unit=old, kept_unit=unit_no)
        return _readable(found, lambda name: item(f"unit.{name}"))
    return None


def _readable(preview: Preview, of: Callable[[str], Item]) -> Preview:
    def told(one: FieldChoice) -> FieldChoice:
        return replace(one, old=item_shown(of(one.field), one.old), kept=item_shown(of(one.field), one.kept))

    return replace(preview, fields=[told(one) for one in preview.fields])


@panel("registry/merge_panel.html", "registry.person_merge", "registry.unit_merge")
def _of_merger(actor: Actor, case: Case) -> Mapping[str, Any] | None:
    """What the merger would do, or did."""
    done = (Merged if case.type == "registry.person_merge" else UnitMerged).objects.filter(case_no=case.number).first()
    if done is not None:
        return {"done": done, "preview": None, "refused": None}
    if case.state in (State.WITHDRAWN, State.REFUSED):
        return None
    found: dict[str, Any] = {"done": None, "preview": None, "refused": None, "number": case.number}
    try:
        return {**found, "preview": _preview(actor, _numbers(case)), "reveals": case.type == "registry.person_merge"}
    except BusinessError as refused:
        return {**found, "refused": str(refused)}


@page
def case_merging(request: HttpRequest, actor: Actor, number: str, alert: str | None = None) -> HttpResponse:
    """Show the two numbers of a case side by side, masked."""
    return _side_by_side(request, actor, number, alert)


@action(on=case_merging)
def merging_reveal(request: HttpRequest, actor: Actor, number: str) -> HttpResponse:
    """Show the two people of a case side by side, whole; it is recorded."""
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise BusinessError("org.reveal_terms")
    return _side_by_side(request, actor, number, None, f"{reason}（{number}）")


@action(on=case_merging)
def merging_hint(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Show what the merger whose form is being filled in would do."""
    found, refused = None, None
    try:
        found = _preview(actor, said(request, "old_no", "person_no", "unit_no"))
    except BusinessError as told:
        refused = str(told)
    return shown(request, "registry/merge_hint.html", preview=found, refused=refused)


def _side_by_side(request: HttpRequest, actor: Actor, number: str, alert: str | None, reason: str = "") -> HttpResponse:
    case = case_get(actor=actor, number=number)
    found = _preview(actor, _numbers(case), reason)
    return shown(request, "registry/merging.html", alert=alert, number=number, preview=found, whole=bool(reason))


def _numbers(case: Case) -> dict[str, str]:
    return {name: str(case.form.get(name) or "") for name in ("old_no", "person_no", "unit_no") if name in case.form}

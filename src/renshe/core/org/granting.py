"""How a right comes to be: asked for, examined, approved, opened.

Rule (申请、审核、批准、开通): four steps by four people, each in a post that is granted this step in the region. Nobody
takes a step after the first for a post that he holds. A right ends on a day that is known; it can be ended sooner,
never made longer.

Invariant: only the last step makes the grant, in the same transaction; a step that is refused changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor, operator_of
from renshe.core.org.models import Agency, CrossRegion, Grant, GrantRequest, Holding, Post, Region
from renshe.core.org.operations import operation, operation_asked
from renshe.core.org.rights import require
from renshe.core.org.validity import ended, in_force, require_near


def grant_apply(
    *,
    actor: Actor,
    post: Post,
    operation_name: str,
    region: Region,
    valid_until: dt.date,
    purpose: str,
    valid_from: dt.date | None = None,
    fields: Sequence[str] | None = None,
) -> GrantRequest:
    """Return a new request (申请) for ``post``."""
    require(actor, "org.grant.apply", region)
    asked = operation_asked(operation_name)
    if asked.kind not in post.group.kinds:
        raise BusinessError("org.group_may_not", group=post.group.name, operation=asked.label)
    first = valid_from or timezone.localdate()
    if valid_until < max(first, timezone.localdate()) or not purpose.strip():
        raise BusinessError("org.grant_end_and_purpose")
    require_near(valid_until)
    with declared(actor.context("申请授权")):
        return GrantRequest.objects.create(
            post=post,
            operation=operation_name,
            region=region,
            valid_from=first,
            valid_until=valid_until,
            fields=list(fields) if fields is not None else None,
            purpose=purpose,
            applied_by=operator_of(actor),
            applied_at=timezone.now(),
        )


def grant_review(*, actor: Actor, request: GrantRequest) -> GrantRequest:
    """Stamp ``request`` as examined (审核)."""
    return _stamp(actor, request, "reviewed", "org.grant.review", after="applied")


def grant_approve(*, actor: Actor, request: GrantRequest) -> GrantRequest:
    """Stamp ``request`` as approved (批准)."""
    return _stamp(actor, request, "approved", "org.grant.approve", after="reviewed")


def grant_open(*, actor: Actor, request: GrantRequest) -> Grant:
    """Stamp ``request`` as opened (开通) and return the grant."""
    with declared(actor.context("开通授权", approval=f"授权申请 {request.pk}")):
        opened = _stamp(actor, request, "opened", "org.grant.open", after="approved")
        return Grant.objects.create(
            post=opened.post,
            operation=opened.operation,
            kind=operation(opened.operation).kind,
            region=opened.region,
            valid_from=opened.valid_from,
            valid_until=opened.valid_until,
            fields=opened.fields,
            purpose=opened.purpose,
            request=opened,
        )


def grant_refuse(*, actor: Actor, request: GrantRequest, reason: str) -> GrantRequest:
    """Refuse ``request`` (不同意), in place of its next step, with a reason."""
    found = GrantRequest.objects.get(pk=request.pk)
    step = "review" if not found.reviewed_by_id else "approve" if not found.approved_by_id else "open"
    if not reason.strip():
        raise BusinessError("org.reason_missing")
    return _stamp(actor, found, "refused", f"org.grant.{step}", after="applied", refusal=reason)


def grant_end(*, actor: Actor, grant: Grant, last_day: dt.date, reason: str) -> None:
    """Let ``grant`` end sooner, with ``last_day``; yesterday ends it at once."""
    require(actor, "org.grant.open", grant.region)
    last = ended(grant.valid_from, grant.valid_until, last_day)
    if last is None:
        raise BusinessError("org.grant_only_shorter")
    with declared(actor.context(reason)):
        Grant.objects.filter(pk=grant.pk).update(valid_until=last)


def cross_region_permit(
    *, actor: Actor, agency: Agency, region: Region, operation_name: str, ground: str, valid_until: dt.date
) -> CrossRegion:
    """Return the permission for ``agency`` to do the operation in ``region`` from today; the actor approves in
    ``region``, whose people they are."""
    require(actor, "org.cross_region", region)
    operation_asked(operation_name)
    if valid_until < timezone.localdate() or not ground.strip():
        raise BusinessError("org.grant_end_and_purpose")
    require_near(valid_until)
    with declared(actor.context("许可异地经办")):
        return CrossRegion.objects.create(
            agency=agency,
            region=region,
            operation=operation_name,
            ground=ground,
            permitted_by=operator_of(actor),
            valid_from=timezone.localdate(),
            valid_until=valid_until,
        )


def cross_region_end(*, actor: Actor, permission: CrossRegion, last_day: dt.date, reason: str) -> None:
    """Let ``permission`` end sooner, with ``last_day``; yesterday ends it at once. By who permits in its region."""
    require(actor, "org.cross_region", permission.region)
    last = ended(permission.valid_from, permission.valid_until, last_day)
    if last is None:
        raise BusinessError("org.permission_only_shorter")
    with declared(actor.context(reason)):
        CrossRegion.objects.filter(pk=permission.pk).update(valid_until=last)


def _stamp(actor: Actor, request: GrantRequest, step: str, right: str, *, after: str, **more: object) -> GrantRequest:
    """Return ``request`` with the actor's stamp for ``step``, read anew and locked."""
    with declared(actor.context("办理授权申请")):
        found = GrantRequest.objects.select_for_update().select_related("post").get(pk=request.pk)
        require(actor, right, found.region)
        done = getattr(found, f"{step}_by_id") or found.refused_by_id or found.opened_by_id
        if done or getattr(found, f"{after}_by_id") is None:
            raise BusinessError("org.grant_step")
        own = operator_of(actor)
        if own.pk in {found.applied_by_id, found.reviewed_by_id, found.approved_by_id}:
            raise BusinessError("org.grant_same_person")
        if Holding.objects.filter(in_force(), operator=own, post=found.post).exists():
            raise BusinessError("org.not_for_oneself")
        for name, value in {f"{step}_by": own, f"{step}_at": timezone.now(), **more}.items():
            setattr(found, name, value)
        found.save()
        return found

"""Which department keeps which fields, and what it shares.

Rule (人才属性、人力资源属性和社会保险属性,由业务部门分别管理; 按照需要进行部分共享): a field of a group is written by
its owning department alone; another reads it by an explicit sharing of fields, for a purpose, until a day.

Invariant: a field has one owner at most; a field without one is everybody's who has the right to the row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor, operator_of
from renshe.core.org.models import AttributeField, AttributeGroup, Operator, Region, Sharing
from renshe.core.org.rights import granted_fields, holds_path, require
from renshe.core.org.validity import in_force, require_near


def attribute_group_add(
    *, actor: Actor, code: str, name: str, department_kind: str, fields: Mapping[str, Sequence[str]]
) -> AttributeGroup:
    """Return a new group of ``fields`` by table, kept by departments of ``department_kind``."""
    # Groups are the same everywhere: who adds one manages all.
    for top in Region.objects.filter(parent=None):
        require(actor, "org.manage", top)
    with declared(actor.context("登记属性组")):
        taken = [
            f"{table}.{field}"
            for table, names in fields.items()
            for field in names
            if AttributeField.objects.filter(table=table, field=field).exists()
        ]
        if taken:
            raise BusinessError("org.attribute_taken", fields="、".join(taken))
        group = AttributeGroup.objects.create(code=code, name=name, department_kind=department_kind)
        AttributeField.objects.bulk_create(
            AttributeField(group=group, table=table, field=field) for table, names in fields.items() for field in names
        )
    return group


def require_owner(actor: Actor, table: str, fields: Iterable[str]) -> None:
    """Refuse that ``actor`` writes ``fields`` of ``table`` if one is another department's."""
    owned = AttributeField.objects.select_related("group").filter(table=table, field__in=list(fields))
    kind = _department(actor)
    for one in owned.order_by("field"):
        if one.group.department_kind != kind:
            raise BusinessError("org.not_the_owner", field=f"{table}.{one.field}", group=one.group.name)


def readable_fields(
    actor: Actor, table: str, fields: Iterable[str], region: Region, *, operation: str | None = None
) -> set[str]:
    """Return those of ``fields`` of ``table`` that ``actor`` may read in ``region``: nobody's, his department's,
    shared; of these, where he reads by ``operation``, those that his grants of it name."""
    granted = granted_fields(actor, operation, region) if operation else None
    asked = {field for field in fields if granted is None or f"{table}.{field}" in granted}
    kind = _department(actor)
    foreign = {
        one.field: one.group_id
        for one in AttributeField.objects.filter(table=table, field__in=asked).exclude(
            group__department_kind=kind or ""
        )
    }
    shared = {
        (one.group_id, field)
        for one in Sharing.objects.select_related("region").filter(in_force(), department_kind=kind or "")
        if holds_path(one.region.path, region.path)
        for field in one.fields
    }
    return {field for field in asked if field not in foreign or (foreign[field], f"{table}.{field}") in shared}


def sharing_grant(
    *,
    actor: Actor,
    group: AttributeGroup,
    department_kind: str,
    region: Region,
    fields: Sequence[str],
    purpose: str,
    valid_until: dt.date,
) -> Sharing:
    """Return the sharing of ``fields`` ("table.field") of ``group`` in ``region``, granted by its owning department."""
    require(actor, "org.share", region)
    if _department(actor) != group.department_kind:
        raise BusinessError("org.not_the_owner", field="、".join(fields), group=group.name)
    own = {f"{one.table}.{one.field}" for one in AttributeField.objects.filter(group=group)}
    if not fields or not set(fields) <= own or not purpose.strip() or valid_until < timezone.localdate():
        raise BusinessError("org.sharing_terms", group=group.name)
    require_near(valid_until)
    with declared(actor.context("共享属性")):
        return Sharing.objects.create(
            group=group,
            department_kind=department_kind,
            region=region,
            fields=list(fields),
            purpose=purpose,
            granted_by=operator_of(actor),
            valid_from=timezone.localdate(),
            valid_until=valid_until,
        )


def _department(actor: Actor) -> str | None:
    """Return the kind of the actor's department, read anew."""
    found = Operator.objects.filter(in_force(), number=actor.operator).values_list("department__kind", flat=True)
    return found.first()

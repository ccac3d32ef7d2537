"""Which rows an actor sees and writes: default-deny, by the regions of rows.

Rule (数据权限 by region; issue 5): reads, written values, choice lists, search, export and counts go through one scope.
A model says with ``scope_region`` by which lookup, or lookups, a row comes to its regions; one of several is enough to
see a row.

Invariant: a row without a region is seen by nobody; a row out of scope looks exactly like one that is not there; a
model that says nothing is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import DataError, models, transaction
from django.db.models import Q, QuerySet

from renshe.core.errors import BusinessError
from renshe.core.org import operations, rights
from renshe.core.org.actor import Actor
from renshe.core.org.models import Region

M = TypeVar("M", bound=models.Model)

UNSCOPED = {
    "journal.Entry": "日志按操作权限另行查询，不含区划",
    "journal.Block": "日志封条，不含业务数据",
    "journal.SealedRow": "封存标记，随所封存的数据行",
    "journal.Unsealing": "解封记录，随所解封的数据行",
    "org.PostGroup": "岗位组各地一致",
    "org.PostConflict": "不相容岗位各地一致",
    "org.Post": "岗位可为各地通用；任职和授权各有区划",
    "org.Credential": "登录凭据不供查询",
    "org.SignInFailure": "登录失败者未必是本系统人员，无从知其区划；由安全管理员查",
    "org.AttributeGroup": "属性组各地一致",
    "org.AttributeField": "属性组的数据项各地一致",
    "api.Answer": "重复请求的答复，只给出示同一令牌者",
    "portal.Secret": "登录凭据不供查询",
    "portal.Failure": "登录失败者未必有账户，无从知其区划；由安全管理员查",
    "filing.Counter": "编号的计数，不是任何人的数据",
    "registers.Heartbeat": "服务运行状态，不是任何地区的数据",
}
"""Models without regions, and why."""


def lookups(model: type[models.Model]) -> tuple[str, ...]:
    """Return by which lookups rows of ``model`` come to their regions; TypeError where it does not say."""
    told = getattr(model, "scope_region", None)
    if not told:
        raise TypeError(f"{model.__name__} does not say with scope_region to which region a row belongs")
    return (told,) if isinstance(told, str) else tuple(told)


class Scope:
    """What ``actor`` reaches by ``operation``."""

    def __init__(self, actor: Actor, operation: str) -> None:
        operations.operation(operation)
        self.actor = actor
        self.operation = operation

    def filter(self, queryset: QuerySet[M]) -> QuerySet[M]:
        """Return those of ``queryset`` that the actor sees."""
        regions = rights.visible_regions(self.actor, self.operation).values("pk")
        return queryset.filter(reduce(or_, (Q(**{f"{way}__in": regions}) for way in lookups(queryset.model))))

    def get(self, queryset: QuerySet[M], **lookup: Any) -> M:
        """Return the one row that ``lookup`` names; the model's DoesNotExist where it is not there, not seen, or the
        lookup is no possible value."""
        try:
            # In a savepoint: what the database refuses as a value must not spoil the transaction around.
            with transaction.atomic(using=queryset.db):
                return self.filter(queryset).get(**lookup)
        except (ValueError, TypeError, OverflowError, ValidationError, DataError):
            missing: type[Exception] = queryset.model.DoesNotExist  # type: ignore[attr-defined]
            raise missing(f"{queryset.model.__name__} matching query does not exist.") from None

    def choices(self, queryset: QuerySet[M]) -> QuerySet[M]:
        """Return what the actor may choose from."""
        return self.filter(queryset)

    def count(self, queryset: QuerySet[M]) -> int:
        """Return how many the actor sees."""
        return self.filter(queryset).count()

    def check(self, written: models.Model | Mapping[str, Any]) -> None:
        """Refuse with BusinessError values that would lie outside the scope.

        ``written``: a row about to be saved (got by ``get`` if it was there before), or values by field: of these every
        row that belongs to regions must be seen, and so must the region under ``region``. What names no region is
        refused.
        """
        found = _regions_of(written) if isinstance(written, models.Model) else _regions_in(written)
        if not found or not all(rights.may(self.actor, self.operation, code) for code in found):
            raise BusinessError("org.out_of_scope")


def _regions_in(values: Mapping[str, Any]) -> set[str]:
    told = values.get("region", values.get("region_id"))
    found = {told} if isinstance(told, str) and told else set()
    for value in values.values():
        if isinstance(value, models.Model) and hasattr(value, "scope_region"):
            found |= _regions_of(value) or {""}
    return found


def _regions_of(row: models.Model) -> set[str]:
    """Return the codes of all regions of ``row``; a way that leads nowhere gives none."""
    found = set()
    for way in lookups(type(row)):
        at: Any = row
        for step in way.split("__"):
            at = getattr(at, step, None)
        if at:
            found.add(at.pk if isinstance(at, Region) else str(at))
    return found

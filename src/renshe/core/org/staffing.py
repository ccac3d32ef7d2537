"""Operators and the posts they hold.

Rule (不相容岗位相互分离; 公益岗人员): nobody gives himself a post; temporary staff leave on a day that is known and
hold no post that checks or approves; posts that must not combine are refused before the database refuses them.

Invariant: operators are never deleted, they end; whoever is ended holds no post afterwards.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.db.models import DateField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Greatest
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.keeping import identity_digest
from renshe.core.org.models import Agency, Department, Holding, Operator, Post, PostConflict, Session
from renshe.core.org.rights import require
from renshe.core.org.scope import Scope
from renshe.core.org.validity import ended, in_force, require_near

MANAGE = "org.manage"


def operator_register(
    *,
    actor: Actor,
    number: str,
    name: str,
    agency: Agency,
    department: Department | None = None,
    home_agency: Agency | None = None,
    temporary: bool = False,
    valid_until: dt.date | None = None,
    id_number: str | None = None,
) -> Operator:
    """Return a new operator of ``agency``, valid from today; ``home_agency``: who lends him.

    Of ``id_number`` a digest is kept: nobody has two accounts. Who has none is listed (``operators_unidentified``).
    """
    require(actor, MANAGE, agency.region)
    if temporary and valid_until is None:
        raise BusinessError("org.temporary_end", name=name)
    require_near(valid_until)
    if department is not None and department.agency_id != agency.pk:
        raise BusinessError("org.out_of_scope")
    with declared(actor.context("登记操作人")):
        # A colon is in the names of those who are no operators: partners' programs, applicants.
        if ":" in number or Operator.objects.filter(number=number).exists():
            raise BusinessError("org.operator_number", number=number)
        identity = identity_digest(id_number) if id_number else None
        _one_account(identity)
        return Operator.objects.create(
            number=number,
            name=name,
            agency=agency,
            department=department,
            home_agency=home_agency,
            kind=Operator.Kind.TEMPORARY if temporary else Operator.Kind.REGULAR,
            valid_from=timezone.localdate(),
            valid_until=valid_until,
            identity=identity,
        )


def operator_identify(*, actor: Actor, operator: Operator, id_number: str) -> None:
    """Say who ``operator`` is; BusinessError where he has another account."""
    require(actor, MANAGE, operator.agency.region)
    with declared(actor.context("登记操作人身份")):
        identity = identity_digest(id_number)
        _one_account(identity, but=operator)
        Operator.objects.filter(pk=operator.pk).update(identity=identity)


def operators_unidentified(actor: Actor) -> QuerySet[Operator]:
    """Return the standing operators of whom nobody said who they are."""
    return Scope(actor, MANAGE).filter(Operator.objects.filter(in_force(), identity=None)).order_by("number")


def operator_end(*, actor: Actor, operator: Operator, reason: str) -> None:
    """End ``operator`` as of today: rights, posts and sessions go at once."""
    require(actor, MANAGE, operator.agency.region)
    _not_oneself(actor, operator)
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    with declared(actor.context(reason)):
        held = Holding.objects.filter(operator=operator).exclude(valid_until__lte=yesterday)
        before = Cast(F("valid_from") - dt.timedelta(days=1), DateField())
        held.update(valid_until=Greatest(before, Value(yesterday)))
        operator.valid_until = max(yesterday, operator.valid_from - dt.timedelta(days=1))
        Operator.objects.filter(pk=operator.pk).update(valid_until=operator.valid_until)
        now = timezone.now()
        Session.objects.filter(operator=operator, ended_at=None).update(ended_at=now, ending="操作人停用")


def holding_begin(
    *,
    actor: Actor,
    operator: Operator,
    post: Post,
    valid_from: dt.date | None = None,
    valid_until: dt.date | None = None,
) -> Holding:
    """Give ``operator`` the ``post``, from today where nothing else is said."""
    require(actor, MANAGE, operator.agency.region)
    _not_oneself(actor, operator)
    first = valid_from or timezone.localdate()
    require_near(first, valid_until)
    with declared(actor.context("任职")):
        # Who gives one operator two posts at once waits here for the first.
        Operator.objects.select_for_update(no_key=True).get(pk=operator.pk)
        _fits(operator, post)
        _apart(operator, post, first, valid_until)
        return Holding.objects.create(operator=operator, post=post, valid_from=first, valid_until=valid_until)


def holding_end(*, actor: Actor, holding: Holding, last_day: dt.date, reason: str) -> None:
    """Let ``holding`` end with ``last_day``, yesterday at once; not later than it would by itself."""
    require(actor, MANAGE, holding.operator.agency.region)
    require_near(last_day)
    last = ended(holding.valid_from, holding.valid_until, last_day)
    if last is None:
        raise BusinessError("org.holding_end")
    with declared(actor.context(reason)):
        Holding.objects.filter(pk=holding.pk).update(valid_until=last)


def conflict_of(one: str, other: str) -> PostConflict | None:
    """Return the rule by which posts of two groups must not combine, if there is one."""
    both = Q(one=one, other=other) | Q(one=other, other=one)
    return PostConflict.objects.filter(both).first()


def _one_account(identity: str | None, but: Operator | None = None) -> None:
    """Refuse a person who has an account that stands, or will; of two at once the second waits for the first."""
    if identity is None:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('org_operator_identity'))")
    today = timezone.localdate()
    others = Operator.objects.filter(Q(valid_until=None) | Q(valid_until__gte=today), identity=identity)
    other = (others.exclude(pk=but.pk) if but else others).first()
    if other is not None:
        raise BusinessError("org.two_accounts", number=other.number)


def _not_oneself(actor: Actor, operator: Operator) -> None:
    if operator.number == actor.operator:
        raise BusinessError("org.not_for_oneself")


def _fits(operator: Operator, post: Post) -> None:
    """Refuse a post of another agency, kind of agency or department, and one that temporary staff may not hold."""
    kind = operator.department.kind if operator.department else None
    elsewhere = (
        (post.agency_id is not None and post.agency_id != operator.agency_id)
        or (post.agency_kind is not None and post.agency_kind != operator.agency.kind)
        or (post.department_kind is not None and post.department_kind != kind)
    )
    if elsewhere:
        raise BusinessError("org.post_elsewhere", post=post.name, number=operator.number)
    if operator.kind == Operator.Kind.TEMPORARY and "entry" not in post.group.kinds:
        raise BusinessError("org.temporary_post", post=post.name)


def _apart(operator: Operator, post: Post, first: dt.date, last: dt.date | None) -> None:
    """Refuse a post that must not combine with one held in any of those days."""
    held = Holding.objects.select_related("post").filter(
        Q(valid_until=None) | Q(valid_until__gte=Greatest(F("valid_from"), Value(first))), operator=operator
    )
    for one in held.filter(valid_from__lte=last) if last else held:
        conflict = conflict_of(one.post.group_id, post.group_id)
        if conflict is not None:
            raise BusinessError(
                "org.posts_conflict", number=operator.number, post=post.name, held=one.post.name, ground=conflict.ground
            )

"""Ledgers of agencies, people, posts and rights: who may do what where, and who said so.

Rule (不相容岗位相互分离; 申请、审核、批准、开通): people hold posts, posts have rights; a right passes four people.

Invariant: passwords and keys are told once, to who sets them, and are kept nowhere in the clear.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, Prefetch, QuerySet

from renshe.channels.desk.books.items import AGENCY, FROM, LAST_DAY_OR_NOW, REASON, REGION, UNTIL
from renshe.channels.naming import agency_named, region_named
from renshe.core.casework.forms import Item
from renshe.core.errors import BusinessError
from renshe.core.org import granting, staffing, structure
from renshe.core.org.actor import Actor
from renshe.core.org.credentials import password_set, totp_enrol
from renshe.core.org.models import Agency, CrossRegion, Department, Grant, GrantRequest, Holding, Operator, Post
from renshe.core.org.scope import Scope
from renshe.core.org.signing_in import needs_second_factor
from renshe.core.org.validity import in_force
from renshe.core.pages.books import Book, Deed, book
from renshe.core.pages.choices import agencies, agency_kinds, departments, doings, posts, regions

GROUP = "系统"
QUERY, MANAGE = "org.query", "org.manage"
M = TypeVar("M", bound=Model)


def seen(model: type[M], *related: str) -> Callable[[Actor], QuerySet[M]]:
    """Return how the rows of ``model`` are found that an actor may look at."""
    return lambda actor: Scope(actor, QUERY).filter(model._default_manager.select_related(*related))


book(
    Book(
        "agencies",
        "机构",
        GROUP,
        seen(Agency, "region", "parent"),
        ("number", "name", "kind", "region__name", "parent__name"),
        (QUERY,),
        deeds=[
            Deed(
                "add",
                "登记机构",
                lambda actor, row, told: structure.agency_add(
                    actor=actor, **{**told, "region": region_named(actor, told["region"])}
                ),
                [
                    Item("number", "机构编号", required=True, length=20),
                    Item("name", "名称", required=True, length=100),
                    Item("kind", "类别", required=True, length=20),
                    REGION,
                ],
                MANAGE,
                choices={"region": regions(MANAGE), "kind": agency_kinds},
            )
        ],
        oldest=True,
    )
)


def _register(actor: Actor, told: Any) -> Operator:
    agency = agency_named(actor, MANAGE, told["agency"])
    department = Department.objects.filter(agency=agency, kind=told["department"]).first()
    if told["department"] and department is None:
        raise BusinessError("org.department_missing", kind=told["department"], agency=agency.name)
    return staffing.operator_register(
        actor=actor,
        number=told["number"],
        name=told["name"],
        agency=agency,
        department=department,
        temporary=bool(told["temporary"]),
        valid_until=told["valid_until"],
        id_number=told["id_number"],
    )


def _password(actor: Actor, row: Operator, told: Any) -> str:
    drawn = secrets.token_urlsafe(9)
    password_set(actor=actor, operator=row, password=drawn)
    return f"{row.name}（{row.number}）的新密码是 {drawn} ，只显示这一次；请当面交给本人，由本人登录后修改"


def _telephone(actor: Actor, row: Operator, told: Any) -> str:
    address = totp_enrol(actor=actor, operator=row)
    return f"请本人在手机验证器中添加：{address} （只显示这一次）"


def _posts(row: Operator) -> str:
    return "、".join(one.post.name for one in row.held)  # type: ignore[attr-defined]


def _people(actor: Actor) -> QuerySet[Operator]:
    """Return the people whom ``actor`` may look at, with what they hold today."""
    held = Prefetch("holding_set", Holding.objects.filter(in_force()).select_related("post"), to_attr="held")
    return seen(Operator, "agency", "department")(actor).prefetch_related(held)


book(
    Book(
        "operators",
        "工作人员",
        GROUP,
        _people,
        ("number", "name", "agency__name", "department__name", ("岗位", _posts), "valid_until"),
        (QUERY,),
        ("kind", "valid_from", "locked_until", ("须动态口令", needs_second_factor)),
        [
            Deed(
                "register",
                "登记人员",
                lambda actor, row, told: _register(actor, told),
                [
                    Item("number", "工号", required=True, length=40),
                    Item("name", "姓名", required=True, length=64),
                    AGENCY,
                    Item("department", "科室类别", length=20),
                    Item("id_number", "身份证号", length=18),
                    Item("temporary", "是否临时人员", type="flag"),
                    Item("valid_until", "停用日期（临时人员必填）", type="date"),
                ],
                MANAGE,
                choices={"agency": agencies(MANAGE), "department": departments},
            ),
            Deed("password", "重设密码", _password, (), MANAGE, rowed=True, says=str),
            Deed("telephone", "绑定动态口令", _telephone, (), MANAGE, rowed=True, says=str),
            Deed(
                "post",
                "任职",
                lambda actor, row, told: staffing.holding_begin(
                    actor=actor,
                    operator=row,
                    post=_post(actor, told["post"]),
                    valid_from=told["valid_from"],
                    valid_until=told["valid_until"],
                ),
                [
                    Item("post", "岗位代码", required=True, length=40),
                    FROM,
                    Item("valid_until", "离任日期", type="date"),
                ],
                MANAGE,
                rowed=True,
                choices={"post": posts},
            ),
            Deed(
                "end",
                "停用",
                lambda actor, row, told: staffing.operator_end(actor=actor, operator=row, **told),
                [REASON],
                MANAGE,
                rowed=True,
            ),
        ],
        oldest=True,
    )
)


def _post(actor: Actor, code: str) -> Post:
    found = Post.objects.filter(code=code).first()
    if found is None or (
        found.agency is not None and not Scope(actor, QUERY).filter(Agency.objects.filter(pk=found.agency.pk))
    ):
        raise BusinessError("org.post_missing", post=code)
    return found


book(
    Book(
        "holdings",
        "任职",
        GROUP,
        seen(Holding, "operator", "post"),
        ("operator__number", "operator__name", "post__name", "valid_from", "valid_until"),
        (QUERY,),
        deeds=[
            Deed(
                "end",
                "离任",
                lambda actor, row, told: staffing.holding_end(actor=actor, holding=row, **told),
                [LAST_DAY_OR_NOW, REASON],
                MANAGE,
                rowed=True,
            )
        ],
    )
)


def _stage(row: GrantRequest) -> str:
    if row.refused_at:
        return "不同意"
    if row.opened_at:
        return "已开通"
    return "待开通" if row.approved_at else "待批准" if row.reviewed_at else "待审核"


_STEPS = (
    ("review", "审核", granting.grant_review),
    ("approve", "批准", granting.grant_approve),
    ("open", "开通", granting.grant_open),
)


def _step(name: str, label: str, does: Callable[..., Any]) -> Deed:
    """Return one of the steps by which a request becomes a right."""
    return Deed(
        name,
        label,
        lambda actor, row, told: does(actor=actor, request=row),
        operation=f"org.grant.{name}",
        rowed=True,
        when=lambda row: _stage(row) == f"待{label}",
    )


def _operation(row: Any) -> str:
    from renshe.core.org.operations import operation

    try:
        return operation(row.operation).label
    except KeyError:
        return str(row.operation)


def _apply(actor: Actor, told: Any) -> GrantRequest:
    return granting.grant_apply(
        actor=actor,
        post=_post(actor, told["post"]),
        operation_name=told["operation"],
        region=region_named(actor, told["region"]),
        valid_until=told["valid_until"],
        purpose=told["purpose"],
    )


book(
    Book(
        "grant-requests",
        "授权申请",
        GROUP,
        seen(GrantRequest, "post", "region", "applied_by"),
        ("applied_at", "post__name", ("操作", _operation), "region__name", "applied_by__name", ("进展", _stage)),
        (QUERY, "org.grant.apply", "org.grant.review", "org.grant.approve", "org.grant.open"),
        ("purpose", "valid_from", "valid_until", "fields", "refusal"),
        [
            Deed(
                "apply",
                "申请授权",
                lambda actor, row, told: _apply(actor, told),
                [
                    Item("post", "岗位代码", required=True, length=40),
                    Item("operation", "操作", required=True, length=60),
                    REGION,
                    UNTIL,
                    Item("purpose", "用途", required=True, length=500),
                ],
                "org.grant.apply",
                choices={"post": posts, "operation": doings, "region": regions("org.grant.apply")},
            ),
            *(_step(*one) for one in _STEPS),
            Deed(
                "refuse",
                "不同意",
                lambda actor, row, told: granting.grant_refuse(actor=actor, request=row, **told),
                [REASON],
                rowed=True,
                when=lambda row: _stage(row).startswith("待"),
            ),
        ],
        "申请、审核、批准、开通由四个不同的人办理。",
    )
)

book(
    Book(
        "grants",
        "权限",
        GROUP,
        seen(Grant, "post", "region"),
        ("post__name", ("操作", _operation), "region__name", "valid_from", "valid_until"),
        (QUERY,),
        ("fields", "purpose"),
        [
            Deed(
                "end",
                "收回",
                lambda actor, row, told: granting.grant_end(actor=actor, grant=row, **told),
                [LAST_DAY_OR_NOW, REASON],
                "org.grant.open",
                rowed=True,
            )
        ],
    )
)


def _permit(actor: Actor, told: Any) -> CrossRegion:
    agency = Agency.objects.filter(number=told["agency"]).first()
    if agency is None:
        raise BusinessError("org.agency_not_there", number=told["agency"])
    return granting.cross_region_permit(
        actor=actor,
        agency=agency,
        region=region_named(actor, told["region"]),
        operation_name=told["operation"],
        ground=told["ground"],
        valid_until=told["valid_until"],
    )


book(
    Book(
        "cross-regions",
        "异地经办许可",
        GROUP,
        seen(CrossRegion, "agency", "region"),
        ("agency__name", "region__name", ("操作", _operation), "valid_from", "valid_until"),
        (QUERY, "org.cross_region"),
        ("ground",),
        [
            Deed(
                "permit",
                "许可异地经办",
                lambda actor, row, told: _permit(actor, told),
                [
                    Item("agency", "机构编号", required=True, length=40),
                    REGION,
                    Item("operation", "操作", required=True, length=60),
                    Item("ground", "依据", required=True, length=500),
                    UNTIL,
                ],
                "org.cross_region",
                choices={"region": regions("org.cross_region"), "operation": doings},
            ),
            Deed(
                "end",
                "收回",
                lambda actor, row, told: granting.cross_region_end(actor=actor, permission=row, **told),
                [LAST_DAY_OR_NOW, REASON],
                "org.cross_region",
                rowed=True,
            ),
        ],
    )
)

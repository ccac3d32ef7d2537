"""What can be granted: operations, declared in code by the room that carries them out.

Rule (公益岗人员: entry only, no export, no approval; 四级网络 each level has its own tasks): an operation has a kind,
which says who may be granted it, and the levels of agencies that carry it out.

Invariant: a grant names a declared operation; a name means one operation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from renshe.core.errors import BusinessError

Kind = Literal["entry", "check", "approve", "query", "export", "admin"]
KINDS: tuple[Kind, ...] = get_args(Kind)

TEMPORARY_KINDS: tuple[Kind, ...] = ("entry", "query")
"""What temporary staff may do, whatever is granted to their posts."""

PARTNER_KINDS: tuple[Kind, ...] = ("entry", "query")
"""What a partner's program may do, whatever its token says: it decides nothing."""

EVERY_LEVEL = frozenset(range(1, 6))


@dataclass(frozen=True, slots=True)
class Operation:
    """``name``: like "registry.person.enrol"; ``label``: in Chinese; ``levels``: of the agencies that carry it out."""

    name: str
    label: str
    kind: Kind
    levels: frozenset[int] = EVERY_LEVEL


_declared: dict[str, Operation] = {}


def declare(*operations: Operation) -> None:
    """Make operations known; ValueError where a name already means another, or the kind is unknown."""
    for one in operations:
        if one.kind not in KINDS or _declared.get(one.name, one) != one:
            raise ValueError(f"operation {one.name} is declared twice, or of no known kind: {one.kind}")
        _declared[one.name] = one


def operation(name: str) -> Operation:
    """Return the operation called ``name``; LookupError where none is declared."""
    try:
        return _declared[name]
    except KeyError:
        raise LookupError(f"no operation {name!r} is declared") from None


def operation_asked(name: str) -> Operation:
    """Return the operation that somebody named; BusinessError where none is declared."""
    try:
        return operation(name)
    except LookupError:
        raise BusinessError("org.no_such_operation") from None


def operations() -> list[Operation]:
    """Return all declared operations in the order of their names."""
    return [_declared[name] for name in sorted(_declared)]


declare(
    Operation("org.query", "查询机构人员", "query"),
    Operation("org.manage", "管理机构、人员和岗位", "admin"),
    Operation("org.grant.apply", "申请授权", "entry"),
    Operation("org.grant.review", "审核授权", "check"),
    Operation("org.grant.approve", "批准授权", "approve"),
    Operation("org.grant.open", "开通授权", "admin"),
    Operation("org.region.manage", "维护行政区划", "admin"),
    Operation("org.cross_region", "许可异地经办", "approve"),
    Operation("org.access.manage", "管理终端和网络", "admin"),
    Operation("org.access.cut_off", "切断和恢复接入", "admin"),
    Operation("org.token.issue", "签发接口令牌", "admin"),
    Operation("org.module.switch", "启停业务模块", "approve"),
    Operation("org.share", "批准属性共享", "approve"),
    Operation("org.reveal", "查看未脱敏数据", "query"),
)

"""The figures of what was decided: how many decisions took effect, which no longer fit and why, what was set aside.

Business rule: a decision whose old value is gone changes nothing and is said, with what to do about it; findings that
are true as they stand are set aside, not solved, and may be looked through (S1-12). A record that was filled in is
done only when no mandatory item of it is empty and every value put into it has a source (S0-25).

Invariant: every decision is counted once in ``ways``; no figure holds a person's data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from renshe.engine.report.decided import has_decisions
from renshe.engine.report.labels import DECISIONS, KIND_LABELS
from renshe.engine.report.problems import Problems
from renshe.standards.masks import mask_digits

_ORDER = tuple(dict.fromkeys((*DECISIONS, *KIND_LABELS.values())))
_UNNAMED = "未写明来源"
_OTHER = "其他来源"
_RESTART = "按本轮清单核对，仍列出的重新处理"
_RECHECK = "核对决定文件（decisions/*.jsonl）中的 table、system、field、key 与 project.toml"
# Reasons are told apart by how they begin; what follows may name a number, a file or a field.
_REASONS: tuple[tuple[str, str | None, str], ...] = (
    ("原值已改变", None, _RESTART),
    ("这一行已不在数据中", None, "核对来源文件是否换过、编号是否已改；" + _RESTART),
    (r"有 \d+ 行的键相同", "几行的键相同，无法确定是哪一行", "先处理重复记录，再按本轮清单处理"),
    ("这一行已经剔除", None, "不必再处理"),
    ("新值不合", None, "对照代码表与格式，在本轮清单重新填写"),
    ("没有编号为", "要撤销的决定不存在", "用 renshe decisions 查到编号后再撤销"),
    (
        "不能合并",
        "不符合合并条件，或与合并方案不一致",
        "用 renshe merge-plan 重新生成方案，按其中列出的条件处理后再合并",
    ),
    (r"这一行.*请先撤销合并", "所在的人员或缴费已随合并取出", "在保留编号上处理；合并有误的先用 renshe revoke 撤销"),
    ("比对数据", None, "请对方部门更正；本系统的问题在本轮清单处理"),
    ("", None, _RECHECK),
)
_REASONS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Way:
    """One way of deciding: its decisions, of them those in effect, those that no longer fit, those revoked."""

    label: str
    total: int
    effective: int
    unfit: int
    revoked: int


@dataclass(frozen=True, slots=True)
class Misfits:
    """Decisions that no longer fit for one reason, and what to do about them."""

    reason: str
    count: int
    remedy: str


@dataclass(frozen=True, slots=True)
class Put:
    """One rule: its findings set aside as true, its decisions that ask again."""

    title: str
    aside: int
    again: int


@dataclass(frozen=True, slots=True)
class Filled:
    """Persons or units with values filled in: done; with a mandatory item still empty; with a value of no source."""

    label: str
    total: int
    done: int
    empty: int
    unnamed: int


@dataclass(frozen=True, slots=True)
class Handling:
    """What the page shows of decisions."""

    number: int
    aside: int
    again: int
    ways: tuple[Way, ...]
    misfits: tuple[Misfits, ...]
    put: tuple[Put, ...]
    sources: tuple[tuple[str, int], ...]
    filled: tuple[Filled, ...]

    @property
    def all(self) -> Way:
        """All ways together."""
        sums = (sum(getattr(way, name) for way in self.ways) for name in ("total", "effective", "unfit", "revoked"))
        return Way("合计", *sums)


def gather_handling(problems: Problems, manifest: Mapping[str, Any]) -> Handling | None:
    """Read the figures of a round's decisions; None where there are none."""
    if not has_decisions(manifest):
        return None
    put = _put(problems)
    return Handling(
        number=int(manifest["decisions"]["number"]),
        aside=sum(one.aside for one in put),
        again=sum(one.again for one in put),
        ways=_ways(problems),
        misfits=_misfits(problems),
        put=put,
        sources=_sources(problems),
        filled=_filled(problems),
    )


def _ways(problems: Problems) -> tuple[Way, ...]:
    rows = problems.con.sql("""
        select way, count(*), count(*) filter (state in ('applied', 'noted')), count(*) filter (state = 'unfit'),
            count(*) filter (state = 'revoked') from decided group by way""").fetchall()
    return tuple(sorted((Way(*row) for row in rows), key=lambda way: _ORDER.index(way.label)))


def _misfits(problems: Problems) -> tuple[Misfits, ...]:
    """Count what no longer fits by reason, commonest first; of many reasons the rest is one line."""
    counts: dict[tuple[str, str], int] = {}
    for reason, count in problems.con.sql(
        "select reason, count(*) from decided where state = 'unfit' group by reason"
    ).fetchall():
        told = _reason(reason)
        counts[told] = counts.get(told, 0) + count
    found = sorted((Misfits(reason, count, remedy) for (reason, remedy), count in counts.items()), key=_commonest)
    rest = found[_REASONS_SHOWN:]
    if rest:
        found[_REASONS_SHOWN:] = [Misfits(f"其余 {len(rest)} 种原因", sum(one.count for one in rest), _RECHECK)]
    return tuple(found)


def _commonest(one: Misfits) -> tuple[int, str]:
    return -one.count, one.reason


def _reason(text: str) -> tuple[str, str]:
    """Return a reason as it is shown, and what to do."""
    shown, remedy = next((shown, remedy) for begins, shown, remedy in _REASONS if re.match(begins, text))
    return shown or mask_digits(text), remedy


def _put(problems: Problems) -> tuple[Put, ...]:
    """Count per rule what was set aside and what was sent back; a decision may name no rule."""
    rows = problems.con.sql("""
        select coalesce(i.title, rule, '未指明规则') title, sum(held)::bigint held, sum(again)::bigint again from (
            select rule, 1 held, 0 again from aside
            union all select rule, 0, 1 from decided where deed = 'recollect' and state = 'noted')
        left join rule_info i using (rule) group by all order by held desc, again desc, title""").fetchall()
    return tuple(Put(*row) for row in rows)


# Values that decisions put into rows.
_VALUES = "state = 'applied' and deed in ('fill', 'correct', 'resolve')"


def _sources(problems: Problems) -> tuple[tuple[str, int], ...]:
    """Count the values put into rows by where they came from; what a source says in its own words is not shown."""
    rows = problems.con.sql(f"""
        select case when source is null then '{_UNNAMED}' when source_known then source_label else '{_OTHER}' end label,
            count(*) from decided where {_VALUES} group by 1 order by 2 desc, 1""").fetchall()
    return tuple((label, count) for label, count in rows)


def _filled(problems: Problems) -> tuple[Filled, ...]:
    """Count the persons and units that were filled in, done or not."""
    rows = problems.con.sql(f"""
        with filled as (
            select sid, any_value(kind) kind, bool_or(source is null) unnamed
            from decided where {_VALUES} and number is not null group by sid having bool_or(deed = 'fill')),
        lacking as (
            select distinct sid from (select sid, rule from problem union all select sid, rule from aside)
            join rule_info using (rule)
            where class = 'empty' and severity = 'must_fix' and sid in (select sid from filled))
        select f.kind, count(*), count(*) filter (l.sid is null and not unnamed), count(l.sid),
            count(*) filter (l.sid is null and unnamed)
        from filled f left join lacking l using (sid) group by f.kind order by f.kind""").fetchall()
    return tuple(Filled({"person": "人员", "unit": "单位"}[kind], *rest) for kind, *rest in rows)

"""``report.html``: one file that opens anywhere, prints on A4 and asks no network for anything.

Business rule: the conclusion first, in one sentence; then what to do first and who does it; then the evidence, down to
masked examples with place, value, ground and remedy.

Invariant: everything that comes from data is escaped (templates escape by default) and masked; the page's own
Content-Security-Policy allows nothing but its one style sheet and one script, by digest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from renshe.engine.report import charts
from renshe.engine.report.figures import Figures, Scores
from renshe.engine.report.labels import (
    CLASS_LABELS,
    CLASS_TASKS,
    DIMENSION_LABELS,
    GROUP_OF,
    GROUPS,
    SEVERITY_LABELS,
    STATE_LABELS,
    region_label,
    system_label,
)
from renshe.standards.dictionary import dictionary

ROOTS_SHOWN = 8
RULES_SHOWN = 12


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def _change(value: int) -> str:
    """Return a difference with its sign."""
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{abs(value):,}"


def _percent(share: float | None) -> str:
    """Return a share as a percentage that never rounds up to 100 or down to 0."""
    if share is None:
        return "—"
    if 0.999 < share < 1:
        return "99.9%"
    if 0 < share < 0.001:
        return "0.1%"
    return f"{share:.1%}" if share not in (0, 1) else f"{share:.0%}"


def _score(value: float | None) -> str:
    """Return a score with one decimal, rounded down: 99.96 is not yet 100."""
    return "—" if value is None else f"{int(value * 10 + 1e-9) / 10:.1f}"


def _digest(text: str) -> Markup:
    """Show a digest in groups of eight, so that it can be compared by eye and breaks over lines."""
    return Markup("<wbr>").join(Markup("<span>{}</span>").format(text[at : at + 8]) for at in range(0, len(text), 8))


def verdict(figures: Figures) -> str:
    """Say in one sentence whether the data can be admitted and what stands in the way most."""
    found = figures.all
    if figures.only_controls:
        wrong = "、".join(f"公布 {item['expected']:,} 实有 {item['actual']:,}" for item in figures.bad_controls[:3])
        return (
            f"本轮检查 {figures.rows:,} 行数据，逐行检查没有必改问题，"
            f"但 {len(figures.bad_controls)} 项控制总数与数据不符（{wrong}），"
            "数据可能不全或有多余：先查明差额，再作为合格数据使用。"
        )
    if not found.must:
        tail = f"；另有可选问题 {found.optional:,} 个，由科室酌情处理" if found.optional else ""
        return f"本轮检查 {figures.rows:,} 行数据，没有必改问题{tail}。"
    who = [
        f"{count:,} {unit}" for count, unit in ((figures.must.persons, "人"), (figures.must.units, "个单位")) if count
    ]
    concerned = f"，涉及 {'、'.join(who)}" if who else ""
    first = (
        f"；首要问题是“{top.rule.title}”，由{top.department}先行处理"
        if (top := next(iter(figures.roots), None))
        else ""
    )
    return f"本轮检查 {figures.rows:,} 行数据，发现必改问题 {found.must:,} 个{concerned}，暂不能全部入库{first}。"


def _cautions(figures: Figures) -> list[tuple[str, str]]:
    """Return what a reader must know before trusting the figures: (text, anchor)."""
    rejected = sum(count for _, _, count, _ in figures.rejects)
    given = (
        (len(figures.bad_controls), "项控制总数与数据不符，数据可能不全", "controls"),
        (sum(bool(source.notes) for source in figures.sources), "个来源有读取说明", "sources"),
        (rejected, "行未能载入", "rejects"),
        (len(figures.unmatched), "个列未识别，内容未参与检查", "columns"),
        (len(figures.unmapped), "个代码值未对应标准代码", "codes"),
        (figures.unchecked.rules, "条规则未检查（缺少数据或参数）", "notrun"),
        (len(figures.unchecked.partly), "条规则有一部分行无法判断", "partrun"),
    )
    return [(f"{count:,} {text}", anchor) for count, text, anchor in given if count]


def _score_chart(scores: Scores) -> Markup:
    rows = [
        (label, value, _score(value)) for label, value in zip(DIMENSION_LABELS.values(), scores.values, strict=True)
    ]
    return charts.bar_chart("九个质量维度的得分（满分 100）", rows, 100)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    env = Environment(
        loader=PackageLoader("renshe.engine.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "number": _number,
        "percent": _percent,
        "score": _score,
        "digest": _digest,
        "system": system_label,
        "region": region_label,
        "pair": lambda item: (item.label, item.total),
        "round_point": lambda line: (f"第 {line.number} 轮", line.findings),
        "change": _change,
        "table": lambda name: dictionary()[name].label if name in dictionary() else name,
    }
    env.globals |= {
        "charts": charts,
        "score_chart": _score_chart,
        "CLASSES": CLASS_LABELS,
        "class_tasks": {CLASS_LABELS[name]: task for name, task in CLASS_TASKS.items()},
        "group_contents": {group: "、".join(CLASS_LABELS[name] for name in names) for group, names in GROUPS.items()},
        "GROUPS": GROUPS,
        "GROUP_OF": GROUP_OF,
        "DIMENSIONS": DIMENSION_LABELS,
        "SEVERITIES": SEVERITY_LABELS,
        "STATES": STATE_LABELS,
    }
    return env


def _asset(name: str) -> tuple[Markup, str]:
    """Return a style sheet or script of the package and its digest for the Content-Security-Policy."""
    text = resources.files("renshe.engine.report").joinpath(f"templates/{name}").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"sha256-{digest}"


def render_page(figures: Figures, workbooks: Sequence[str]) -> str:
    """Return the page as text; ``workbooks`` are the names of the files beside it."""
    style, style_digest = _asset("report.css")
    script, script_digest = _asset("report.js")
    given: dict[str, Any] = {
        "f": figures,
        "verdict": verdict(figures),
        "cautions": _cautions(figures),
        "roots": figures.roots[:ROOTS_SHOWN],
        "shown": RULES_SHOWN,
        "workbooks": workbooks,
        "style": style,
        "script": script,
        "policy": f"default-src 'none'; style-src '{style_digest}'; script-src '{script_digest}'",
    }
    return _environment().get_template("report.html.j2").render(given)

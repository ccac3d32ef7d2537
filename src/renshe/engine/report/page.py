"""``report.html``: one file that opens anywhere, prints on A4 and asks no network for anything.

Business rule: the conclusion first, in one sentence; then what to do first and who does it; then the evidence, down to
masked examples with place, value, ground and remedy.

Invariant: everything that comes from data is masked.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from jinja2 import Environment
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
)
from renshe.engine.report.rendering import environment, render, shown_score
from renshe.standards.dictionary import dictionary

ROOTS_SHOWN = 8
RULES_SHOWN = 12


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
        (label, value, shown_score(value))
        for label, value in zip(DIMENSION_LABELS.values(), scores.values, strict=True)
    ]
    return charts.bar_chart("九个质量维度的得分（满分 100）", rows, 100)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return environment(
        "renshe.engine.report",
        {
            "pair": lambda item: (item.label, item.total),
            "round_point": lambda line: (f"第 {line.number} 轮", line.findings),
            "table": lambda name: dictionary()[name].label if name in dictionary() else name,
        },
        {
            "score_chart": _score_chart,
            "CLASSES": CLASS_LABELS,
            "class_tasks": {CLASS_LABELS[name]: task for name, task in CLASS_TASKS.items()},
            "group_contents": {
                group: "、".join(CLASS_LABELS[name] for name in names) for group, names in GROUPS.items()
            },
            "GROUPS": GROUPS,
            "GROUP_OF": GROUP_OF,
            "DIMENSIONS": DIMENSION_LABELS,
            "SEVERITIES": SEVERITY_LABELS,
            "STATES": STATE_LABELS,
        },
    )


def render_page(figures: Figures, workbooks: Sequence[str]) -> str:
    """Return the page as text; ``workbooks`` are the names of the files beside it."""
    given: dict[str, Any] = {
        "f": figures,
        "verdict": verdict(figures),
        "cautions": _cautions(figures),
        "roots": figures.roots[:ROOTS_SHOWN],
        "shown": RULES_SHOWN,
        "workbooks": workbooks,
    }
    return render(_environment(), "report.html.j2", given)

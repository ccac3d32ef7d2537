"""Pictures of a link run: which combination of systems knows how many persons, and how the pairs weigh.

Invariant: lengths are proportional to the values, from zero; each picture has its figures in a table beneath it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from renshe.engine.report.charts import WIDTH, bar_at, svg, text_at
from renshe.engine.report.labels import system_label

_LABEL, _SIZES = 96, 150
_ROW, _BARS = 24, 150
_DECISIONS = (("same", "同一", "p0"), ("review", "待核实", "p3"), ("different", "不同", "p2"))


def overlap_chart(title: str, systems: Sequence[Mapping[str, Any]], overlaps: Sequence[Mapping[str, Any]]) -> Markup:
    """Return bars over columns of dots: each column is a combination of ``systems``, its bar how many exactly these
    know; beside each system, how many it knows in all."""
    left = _LABEL + _SIZES + 24
    step = min((WIDTH - left) / max(len(overlaps), 1), 48)
    top = _BARS + 26
    most = max((one["subjects"] for one in overlaps), default=0) or 1
    largest = max((one["subjects"] for one in systems), default=0) or 1
    body = []
    for at, system in enumerate(systems):
        y = top + at * _ROW
        if at % 2 == 0:
            body.append(bar_at(0, y, left + step * len(overlaps), _ROW, "rail faint"))
        body.append(text_at(_LABEL, y + 17, system_label(system["system"]), "label", "end"))
        length = (_SIZES - 62) * system["subjects"] / largest
        body.append(bar_at(_LABEL + 12, y + 6, length, 12, "bar soft" if system["compared"] else "bar"))
        body.append(text_at(_LABEL + 18 + length, y + 17, f"{system['subjects']:,}", "small"))
    for at, one in enumerate(overlaps):
        x = left + at * step + step / 2
        height = _BARS * one["subjects"] / most
        body.append(bar_at(x - step * 0.32, top - 8 - height, step * 0.64, round(height, 1), "bar"))
        body.append(text_at(x, top - 12 - height, f"{one['subjects']:,}", "small", "middle"))
        body += _dots(x, top, one["systems"], len(systems))
    return svg(top + len(systems) * _ROW + 4, title, "".join(body), kind="chart wide")


def _dots(x: float, top: float, known: Sequence[int], rows: int) -> list[str]:
    """Draw a combination: a dot for every system, filled where it knows, those joined by a line."""
    middle = [top + at * _ROW + _ROW / 2 for at in range(rows)]
    drawn = [_dot(x, y, "hole") for at, y in enumerate(middle) if at not in known]
    if known:
        first, last = middle[min(known)], middle[max(known)]
        drawn.append(f'<line x1="{x:.1f}" y1="{first:.1f}" x2="{x:.1f}" y2="{last:.1f}" class="join"/>')
    return drawn + [_dot(x, middle[at], "full") for at in known]


def _dot(x: float, y: float, kind: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" class="{kind}"/>'


def weight_chart(title: str, bins: Sequence[Mapping[str, Any]], same: float, review: float) -> Markup:
    """Return three rows of columns, one for each decision, over one axis of weights, with both thresholds.

    Each row has its own scale, whose largest value stands at its left: there are thousands of times more of one.
    """
    left, height, gap, foot = 76, 74, 20, 42
    step = (WIDTH - left) / max(len(bins), 1)
    width = bins[1]["least"] - bins[0]["least"] if len(bins) > 1 else 1
    body = []
    for row, (name, label, kind) in enumerate(_DECISIONS):
        base = row * (height + gap) + height + 4
        most = max((one[name] for one in bins), default=0)
        body.append(text_at(left - 10, base - height + 14, label, "label", "end"))
        body.append(text_at(left - 10, base - height + 32, f"最多 {most:,}", "small", "end"))
        for at, one in enumerate(bins):
            tall = height * one[name] / most if most else 0
            body.append(bar_at(left + at * step + 1, base - tall, step - 2, round(tall, 1), f"part {kind}"))
        body.append(f'<line x1="{left}" y1="{base}" x2="{WIDTH}" y2="{base}" class="axis"/>')
    bottom = 3 * (height + gap) - gap + 4
    for at, one in enumerate(bins):
        if at % 2 == 0:
            body.append(text_at(left + at * step, bottom + 16, f"{one['least']}", "small", "middle"))
    for place, value, anchor in (("同一 ≥", same, "start"), ("核实 ≥", review, "end")):
        x = left + (value - bins[0]["least"]) / width * step if bins else left
        body.append(f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{bottom + 22}" class="bound"/>')
        body.append(text_at(x, bottom + 33, f"{place} {value:g}", "small", anchor))
    return svg(bottom + foot, title, "".join(body), kind="chart wide")

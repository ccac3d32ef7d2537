"""Small charts as inline SVG: bars, a divided bar, a line. No script, no font, no reference to anything outside.

Every chart stands above a table of the same figures, so it is an image with a title to a screen reader. Colours come
from the page's style sheet by class, so that print and contrast are settled in one place.

Invariant: all text is escaped; lengths are proportional to the values, from zero.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH = 720


def svg(height: float, title: str, body: str, width: float = WIDTH, kind: str = "chart") -> Markup:
    """Return a chart: what ``body`` draws, under its title."""
    head = f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(title)}">'
    return Markup(f"{head}<title>{escape(title)}</title>{body}</svg>")


def text_at(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    """Return a text of a chart, standing on ``y``."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


def bar_at(x: float, y: float, width: float, height: float, kind: str) -> str:
    """Return a bar of a chart; ``kind`` is its class in the style sheet."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:g}" class="{kind}"/>'


def cell_bar(value: float, largest: float, kind: str = "bar") -> Markup:
    """Return a bar of at most 120 units for a table cell, with no text of its own: the figure stands beside it."""
    length = 120 * value / largest if largest else 0
    body = bar_at(0, 0, length if not value else max(length, 1), 8, kind)
    return Markup(f'<svg class="cell" viewBox="0 0 120 8" aria-hidden="true" focusable="false">{body}</svg>')


def bar_chart(title: str, rows: Sequence[tuple[str, float | None, str]], largest: float) -> Markup:
    """Return horizontal bars: (label, value, text shown at the end); the lowest bar is marked; None: not measured."""
    label, step, end = 76, 30, 70
    room = WIDTH - label - end
    measured = [value for _, value, _ in rows if value is not None]
    body = []
    for place, (name, value, text) in enumerate(rows):
        y = place * step
        body.append(text_at(label - 12, y + 19, name, "label", "end"))
        body.append(bar_at(label, y + 8, room, 14, "rail"))
        if value is not None:
            low = value == min(measured) and min(measured) < max(measured)
            length = room * value / largest if largest else 0
            body.append(bar_at(label, y + 8, length, 14, "bar low" if low else "bar"))
        body.append(text_at(WIDTH, y + 20, text, "value", "end"))
    return svg(len(rows) * step + 4, title, "".join(body))


def divided_bar(title: str, parts: Sequence[tuple[str, int]]) -> Markup:
    """Return one bar divided among ``parts`` (label, value), with a legend beneath."""
    total = sum(value for _, value in parts)
    body, x, gap = [], 0.0, 2
    for place, (_, value) in enumerate(parts):
        length = WIDTH * value / total if total else 0
        body.append(bar_at(x, 0, length - gap if length > gap else length, 26, f"part p{place}"))
        x += length
    column = WIDTH / max(len(parts), 1)
    for place, (name, value) in enumerate(parts):
        left = place * column
        body.append(bar_at(left, 42, 10, 10, f"part p{place}"))
        share = f"{value / total:.0%}" if total else "0%"
        body.append(text_at(left + 16, 52, f"{name} {share}", "label"))
    return svg(60, title, "".join(body), kind="chart parts")


def line_chart(title: str, points: Sequence[tuple[str, int]]) -> Markup:
    """Return a line over ``points`` (label, value), its values written at the dots, the axis starting at zero."""
    height, top, foot, side = 190, 30, 30, 60
    largest = max((value for _, value in points), default=0) or 1
    step = (WIDTH - 2 * side) / max(len(points) - 1, 1)
    places = [
        (side + step * order, top + (height - top - foot) * (1 - value / largest))
        for order, (_, value) in enumerate(points)
    ]
    base = height - foot
    body = [f'<line x1="{side - 30}" y1="{base}" x2="{WIDTH - side + 30}" y2="{base}" class="axis"/>']
    body.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}" class="line"/>')
    for (x, y), (name, value) in zip(places, points, strict=True):
        body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" class="dot"/>')
        body.append(text_at(x, y - 11, f"{value:,}", "value", "middle"))
        body.append(text_at(x, base + 20, name, "label", "middle"))
    return svg(height, title, "".join(body))

"""``report.html`` of a link run: one file, made of its figures and of what clerks judged of a sample.

Business rule: the conclusion first: how many there really are, what is doubled, what waits. Then the evidence.

Invariant: nothing is read but ``figures.json`` and ``quality.json`` beside the page, so it can be made again whenever
clerks hand in what they judged.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any

from jinja2 import Environment

from renshe.engine.linking.report import charts
from renshe.engine.report.rendering import environment, render

PAGE, FIGURES, QUALITY = "report.html", "figures.json", "quality.json"
_DECISIONS = {"same": "同一", "review": "待核实", "different": "不同"}
_BASES = {"rule": "按确定规则", "weight": "按权重", "said": "经核实"}
_STATES = {"same": "同一", "review": "待核实", "none": "不同或未比对"}


def write_page(folder: Path) -> None:
    """Write the page of the link run in ``folder``; it appears whole."""
    figures = json.loads((folder / FIGURES).read_text("utf-8"))
    judged = folder / QUALITY
    quality = json.loads(judged.read_text("utf-8")) if judged.exists() else None
    write_private(folder / PAGE, render_page(figures, quality))


def write_private(path: Path, text: str) -> None:
    """Write a file that is its owner's alone and appears whole."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def render_page(figures: Mapping[str, Any], quality: Mapping[str, Any] | None) -> str:
    """Return the page as text."""
    parts = figures["parts"]
    if quality is not None:
        run = next((part["run"] for part in parts if part["entity"] == quality["entity"]), None)
        quality = {**quality, "stale": quality["run"] != run}
    given = {"f": figures, "parts": parts, "q": quality, "verdict": verdict(figures)}
    return render(_environment(), "link.html.j2", given)


def verdict(figures: Mapping[str, Any]) -> str:
    """Say in one or two sentences how many there really are, what is doubled and what waits."""
    return "".join(_said(part) for part in figures["parts"])


def _said(part: Mapping[str, Any]) -> str:
    counted, twice = part["counted"], sum(one["surplus"] for one in part["systems"])
    waiting = sum(one["pairs"] for one in part["decided"] if one["decision"] == "review")
    doubled = f"各系统内重复登记 {twice:,} 条" if twice else "各系统内没有重复登记"
    tail = f"；另有 {waiting:,} 对是否同一，须人工核实。" if waiting else "；没有待核实的。"
    return f"{part['label']}记录 {part['records']:,} 条，实为 {part['subjects']:,} {counted}；{doubled}{tail}"


def _decided(part: Mapping[str, Any], decision: str) -> int:
    return sum(one["pairs"] for one in part["decided"] if one["decision"] == decision)


def _bits(value: float | None) -> str:
    """Return a weight with its sign and one decimal."""
    return "—" if value is None or not isfinite(value) else f"{value:+.1f}".replace("-", "−")


def _share(value: float | None) -> str:
    """Return how often a level occurs."""
    return "—" if value is None else f"{value:.3g}"


def _interval(estimate: Mapping[str, float] | None) -> str:
    """Return an estimate with its interval, as percentages of two decimals that never round up to 100."""
    if estimate is None:
        return "—"
    shown = [f"{int(estimate[name] * 10_000 + 1e-9) / 100:.2f}%" for name in ("estimate", "low", "high")]
    return f"{shown[0]}（{shown[1]} 至 {shown[2]}）"


def _used(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the places of the fields that any of the examples has."""
    sides = [one[side]["fields"] for one in rows for side in ("left", "right")]
    return [at for at in range(max(map(len, sides), default=0)) if any(fields[at] for fields in sides)]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return environment(
        "renshe.engine.linking.report",
        {"bits": _bits, "rate": _share, "interval": _interval, "decided": _decided, "used": _used},
        {"pictures": charts, "DECISIONS": _DECISIONS, "BASES": _BASES, "STATES": _STATES},
    )

"""A page of one file: templates, the one style sheet and script of all pages, the ways in which figures are shown.

Invariant: everything that comes from data is escaped (templates escape by default); the page's own
Content-Security-Policy allows nothing but its one style sheet and one script, by digest.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from renshe.engine.report import charts
from renshe.engine.report.labels import region_label, system_label

_HOME = "renshe.engine.report"


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


def shown_score(value: float | None) -> str:
    """Return a score with one decimal, rounded down: 99.96 is not yet 100."""
    return "—" if value is None else f"{int(value * 10 + 1e-9) / 10:.1f}"


def _digest(text: str) -> Markup:
    """Show a digest in groups of eight, so that it can be compared by eye and breaks over lines."""
    return Markup("<wbr>").join(Markup("<span>{}</span>").format(text[at : at + 8]) for at in range(0, len(text), 8))


def environment(package: str, filters: Mapping[str, Callable[..., Any]], names: Mapping[str, Any]) -> Environment:
    """Return what renders the templates of ``package``, which may build on those that all pages share."""
    loaders = [PackageLoader(name) for name in dict.fromkeys((package, _HOME))]
    env = Environment(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    env.filters |= {
        "number": _number,
        "percent": _percent,
        "score": shown_score,
        "digest": _digest,
        "system": system_label,
        "region": region_label,
        "change": _change,
    } | dict(filters)
    env.globals |= {"charts": charts} | dict(names)
    return env


def render(env: Environment, template: str, given: Mapping[str, Any]) -> str:
    """Return the page that ``template`` makes of ``given``."""
    style, style_digest = _asset("report.css")
    script, script_digest = _asset("report.js")
    policy = f"default-src 'none'; style-src '{style_digest}'; script-src '{script_digest}'"
    return env.get_template(template).render(**given, style=style, script=script, policy=policy)


def _asset(name: str) -> tuple[Markup, str]:
    """Return a style sheet or script and its digest for the Content-Security-Policy."""
    text = resources.files(_HOME).joinpath(f"templates/{name}").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"sha256-{digest}"

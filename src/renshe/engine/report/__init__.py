"""The report of a finished round: ``report.html`` for the chief, workbooks for the clerks.

Business rule: 白社保〔2021〕22号 asks that problems be listed, classed, handed to the department in charge and checked
before and after; a report therefore says what is wrong, on what ground, who mends it, and what moved since last time.

Invariant: a report is a function of the round's files and the rules; it reads nothing else but the manifests of the
rounds beside it, changes no file of the round, and every file it writes is its owner's alone (0600).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from renshe.engine.report.decided import prepare_decided
from renshe.engine.report.figures import gather_figures
from renshe.engine.report.labels import RuleInfo
from renshe.engine.report.page import render_page
from renshe.engine.report.problems import ReportError, prepare_problems
from renshe.engine.report.shelving import Limits
from renshe.engine.report.workbooks import Progress, write_workbooks

__all__ = ["Limits", "Progress", "ReportError", "ReportFiles", "RuleInfo", "build_report"]

EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """The files that a report consists of; ``departments`` are the workbooks beside ``report.xlsx``."""

    html: Path
    workbook: Path
    departments: tuple[Path, ...]


def build_report(
    round_dir: Path,
    rules: Mapping[str, RuleInfo],
    *,
    rounds: Path | None = None,
    progress: Progress | None = None,
    limits: Limits | None = None,
) -> ReportFiles:
    """Write ``report.html``, ``report.xlsx`` and the departments' workbooks into ``round_dir``.

    ``round_dir`` holds the round's Parquet files and ``manifest.json`` (contract of rounds); ``rules`` are the rules
    that made its findings, by id. ``rounds`` is where earlier rounds stand: a round that is not finished stands
    elsewhere (default: beside it). ``progress`` is called with (step, done, total). Raises ``ReportError`` where
    findings and rules do not belong together.
    """
    manifest = json.loads((round_dir / "manifest.json").read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="report-", dir=round_dir) as folder:
        work = Path(folder)
        if progress is not None:
            progress("汇总问题", 0, 2)
        problems = prepare_problems(round_dir, rules, [source["file"] for source in manifest["sources"]], work)
        try:
            if progress is not None:
                progress("汇总问题", 1, 2)
            prepare_decided(problems, manifest, work)
            figures = gather_figures(problems, manifest, rules, EXAMPLES, rounds or round_dir.parent)
            workbook, departments = write_workbooks(problems, manifest, work, limits or Limits(), progress)
        finally:
            problems.con.close()
    page = render_page(figures, [path.name for path in (workbook, *departments)])
    html = round_dir / "report.html"
    with os.fdopen(os.open(html, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(page)
    return ReportFiles(html, workbook, departments)

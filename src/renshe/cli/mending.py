"""``renshe decide``, ``revoke``, ``decisions``: lists read back, taken back, looked up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from renshe.cli.show import say
from renshe.engine.decisions.log import LINKED, Decision
from renshe.engine.linking.reading import LinkAnswers
from renshe.engine.mending.decide import Reading, decide
from renshe.engine.mending.refusals import Refusal
from renshe.engine.mending.revoke import revoke
from renshe.engine.mending.searching import STATES, Criteria, Entry, search
from renshe.engine.merging.reading import MergePlans
from renshe.engine.report.labels import KIND_LABELS, system_label
from renshe.standards.dictionary import dictionary
from renshe.standards.masks import mask_digits, mask_serial, mask_value

_SHOWN = 20
_LISTED = 200


def run_decide(project: Path, workbooks: Sequence[Path], *, as_json: bool) -> None:
    """Read filled-in lists back as decisions and say what was taken and what was not; exit 2 where nothing was."""
    reading = decide(project, workbooks, (MergePlans(), LinkAnswers()))
    if as_json:
        say(json.dumps(told_of(reading), ensure_ascii=False))
    else:
        for line in summary_of(reading, f"下一轮检查（renshe clean {project}）应用"):
            say(line)
    if reading.refused and not reading.decisions:
        raise typer.Exit(2)


def told_of(reading: Reading) -> dict[str, Any]:
    """Return what became of a reading, for programs."""
    return {
        "round": reading.newest,
        "filled": reading.filled,
        "batch": reading.batch,
        "decisions": [_line(decision) for decision in reading.decisions],
        "refused": [refusal_of(one) for one in reading.refused],
        "missing": [{"workbook": str(one.path), "sheet": one.sheet, "rows": one.rows} for one in reading.missing],
        "given_back": {str(workbook): str(path) for workbook, path in reading.given_back.items()},
    }


def refusal_of(one: Refusal) -> dict[str, Any]:
    """Return a refusal, for programs."""
    return {
        "workbook": str(one.path),
        "sheet": one.sheet,
        "row": one.row,
        "cell": one.cell,
        "problem": one.what,
        "remedy": one.remedy,
        "recorded": one.recorded,
    }


def _line(decision: Decision) -> dict[str, Any]:
    return {name: value for name, value in asdict(decision).items() if name != "place"}


def summary_of(reading: Reading, then: str) -> list[str]:
    """Return what became of a reading as lines of Chinese; ``then`` says when its decisions take effect."""
    wrong = [refusal for refusal in reading.refused if not refusal.recorded]
    recorded = len(reading.refused) - len(wrong)
    lines = [
        f"填写 {reading.filled:,} 行：登记决定 {len(reading.decisions):,} 条，未采纳 {len(wrong):,} 处"
        + (f"，以前已登记 {recorded:,} 行（不再重复登记）" if recorded else "")
        + f"（第 {reading.newest} 轮）"
    ]
    kinds = Counter(_kind(decision) for decision in reading.decisions)
    if kinds:
        lines.append("  " + "，".join(f"{label} {count:,}" for label, count in kinds.most_common()))
    lines += refusals_shown(wrong)
    lines += [f"  未采纳的行：{path}，改好后用 renshe decide 再读" for path in reading.given_back.values()]
    lines += [
        f"  {one.path.name} 工作表“{one.sheet}”比发出时少了 {one.rows:,} 行：未作处理，下一轮仍会列出"
        for one in reading.missing
    ]
    if not reading.filled and not reading.refused:
        lines.append("  清单中没有填写任何一行；请在浅黄色的列填写后再交")
    if reading.batch is not None:
        lines.append(f"  批次：{reading.batch}；{then}")
    return lines


def refusals_shown(wrong: Sequence[Refusal]) -> list[str]:
    """Return the first refusals, a line each, and how many more there are."""
    lines = [f"  未采纳 {refusal.line()}" for refusal in wrong[:_SHOWN]]
    return lines + ([f"  另有 {len(wrong) - _SHOWN:,} 处未采纳，见下列文件"] if len(wrong) > _SHOWN else [])


def _kind(decision: Decision) -> str:
    if decision.kind == "fill" and (decision.source or "").startswith("default"):
        return "按规则补录"
    return KIND_LABELS[decision.kind]


def run_revoke(project: Path, ids: Sequence[str], *, batch: str | None, by: str, ground: str, as_json: bool) -> None:
    """Revoke decisions and say how many."""
    name, told = revoke(project, ids, batch, by, ground)
    if as_json:
        say(json.dumps({"batch": name, "decisions": [_line(decision) for decision in told]}, ensure_ascii=False))
        return
    say(f"撤销 {len(told):,} 条决定（批次 {name}）；下一轮检查（renshe clean {project}）起不再应用")


def run_decisions(project: Path, wanted: Criteria, *, as_json: bool) -> None:
    """List decisions. The console masks personal data; JSON, for programs, tells the log's own words."""
    entries = search(project, wanted)
    if as_json:
        became = [{"state": one.state, "reason": one.reason, "stands": one.stands} for one in entries]
        told = [_line(one.decision) | more for one, more in zip(entries, became, strict=True)]
        say(json.dumps(told, ensure_ascii=False))
        return
    for entry in entries[:_LISTED]:
        say(_shown(entry))
    more = f"；只列出前 {_LISTED} 条，请加条件或用 --json" if len(entries) > _LISTED else ""
    say(f"共 {len(entries):,} 条决定{more}")


def _shown(entry: Entry) -> str:
    decision = entry.decision
    parts = [decision.id, decision.at[:16].replace("T", " "), _kind(decision), _row(decision)]
    if decision.new is not None or decision.old is not None:
        table, field = decision.table or "", decision.field or ""
        old, new = mask_value(table, field, decision.old), mask_value(table, field, decision.new)
        parts.append(f"{old or '（空）'} → {new}" if decision.new is not None else old)
    if decision.revokes is not None:
        parts.append(f"撤销 {decision.revokes}")
    parts.append(f"依据：{mask_digits(decision.ground or '（未写）')}")
    parts.append(f"经办：{decision.by}" + (f"，复核：{decision.checked_by}" if decision.checked_by else ""))
    # What clerks said of pairs is for the next link, not for a round.
    linked = entry.state == "waiting" and decision.kind in LINKED
    state = "关联时应用" if linked else STATES[entry.state] + (f"（{entry.reason}）" if entry.reason else "")
    parts.append(state if entry.stands or entry.state == "revoked" else f"{state}，已撤销")
    return "  ".join(part for part in parts if part)


def _row(decision: Decision) -> str:
    entry = dictionary().get(decision.table or "")
    label = entry.label if entry is not None else ""
    numbers = [mask_serial(str(part)) for part in json.loads(decision.key or "[]") if part is not None]
    if decision.kind in LINKED:
        both = ((decision.system, numbers[0]), json.loads(decision.related or "[]"))
        return f"{label} " + " 与 ".join(f"{system_label(str(one))} {mask_serial(number)}" for one, number in both)
    field = entry.field(decision.field).label if entry is not None and decision.field in entry.names else ""
    return " ".join(part for part in (label, "/".join(numbers), field) if part)

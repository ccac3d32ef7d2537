"""``renshe clean``: one round, then what a clerk needs to know of it in ten lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast, get_args

from renshe.cli.show import progress, say
from renshe.engine.project import ProjectError
from renshe.engine.rounds.clean import Backend, RoundResult, clean

_NOTES = 8


def run_clean(project: Path, *, backend: str, as_json: bool) -> None:
    """Run one round of ``project`` and print its summary."""
    with progress(not as_json) as report:
        result = clean(project, backend=chosen_backend(backend), progress=report)
    if as_json:
        say(json.dumps({"folder": str(result.folder), **result.manifest}, ensure_ascii=False))
        return
    for line in summary(result):
        say(line)


def chosen_backend(name: str) -> Backend:
    """Return the engine called ``name``; ProjectError where there is none."""
    for known in get_args(Backend):
        if name == known:
            return cast(Backend, known)
    raise ProjectError(f"--backend {name}：没有这个计算引擎；可用的有 {'、'.join(get_args(Backend))}")


def summary(result: RoundResult) -> list[str]:
    """Return the summary of a round as lines of Chinese."""
    manifest = result.manifest
    # Parameters are not data that is judged: counted apart, so that report and console say the same figure.
    everything: list[dict[str, Any]] = manifest["sources"]
    sources = [source for source in everything if source["table"] != "parameter"]
    parameters = sum(source["rows_loaded"] for source in everything if source["table"] == "parameter")
    rejected = sum(source["rows_rejected"] for source in sources)
    lines = [
        f"第 {result.number} 轮完成：{manifest['name']}（截至 {manifest['as_of']}）",
        f"  读取 {len(sources)} 个来源，{sum(s['rows_read'] for s in sources):,} 行；"
        f"入表 {sum(s['rows_loaded'] for s in sources):,} 行，拒收 {rejected:,} 行"
        + (f"；另有参数 {parameters:,} 行" if parameters else ""),
        f"  问题 {sum(manifest['findings'].values()):,} 个，涉及 {len(manifest['findings'])} 条规则",
    ]
    for kind, label in (("person", "人员"), ("unit", "单位")):
        if kind in manifest["admission"]:
            entry = manifest["admission"][kind]
            lines.append(f"  {label} {entry['total']:,}，可入库 {entry['admissible']:,}")
    changes = manifest["changes"]
    if result.number > 1:
        lines.append(
            f"  与上一轮相比：修复 {changes['fixed']:,}，新增 {changes['new']:,}，"
            f"仍存 {changes['open']:,}，复发 {changes['reopened']:,}"
        )
    if manifest["unmatched_columns"]:
        lines.append(f"  未识别的列 {len(manifest['unmatched_columns'])} 个（见报告）")
    if manifest["unmapped_codes"]:
        lines.append(f"  未对应的代码 {len(manifest['unmapped_codes'])} 个（见报告）")
    notes = [f"  注意 {source['file']}：{note}" for source in everything for note in source["layout"]["notes"]]
    lines += notes[:_NOTES]
    if len(notes) > _NOTES:
        lines.append(f"  另有 {len(notes) - _NOTES} 条读取说明，见 manifest.json")
    lines += _decided(manifest["decisions"])
    lines.append(f"  报告：{result.folder / 'report.html'}")
    lines.append(f"  问题清单：{result.folder / 'report.xlsx'}")
    return lines


def _decided(decisions: dict[str, Any]) -> list[str]:
    """Say what became of the decisions, where there are any."""
    if not decisions["number"]:
        return []
    line = (
        f"  决定 {decisions['number']:,} 条：已应用 {decisions['applied']:,}，经核实无误的问题"
        f" {decisions['findings_accepted']:,} 个不再列出，已撤销 {decisions['revoked']:,}"
    )
    if not decisions["unfit"]:
        return [line]
    return [line, f"  注意 有 {decisions['unfit']:,} 条决定不再适用（原值已变或行已不在），未应用，见报告"]

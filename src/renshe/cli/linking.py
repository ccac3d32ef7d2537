"""``renshe link``: who is who across systems, then how many of each in a few lines."""

from __future__ import annotations

import json
from pathlib import Path

from renshe.cli.cleaning import chosen_backend
from renshe.cli.show import progress, say
from renshe.engine.linking.linking import LinkResult, link
from renshe.engine.linking.report.page import FIGURES, PAGE
from renshe.engine.linking.report.workbook import FILE
from renshe.engine.linking.training import TRAINED_BY


def run_link(project: Path, *, backend: str, train: bool, as_json: bool) -> None:
    """Link the newest round of ``project``, with weights estimated anew if ``train``, and print how many of each."""
    with progress(not as_json) as report:
        result = link(project, backend=chosen_backend(backend), train=train, progress=report)
    if as_json:
        say(json.dumps({"folder": str(result.folder), **result.manifest}, ensure_ascii=False))
        return
    for line in summary(result):
        say(line)


def _sharing(result: LinkResult) -> str | None:
    """Say how many rows of people were not linked for themselves."""
    figures = json.loads((result.folder / FIGURES).read_text("utf-8"))
    [told] = [part["sharing"] for part in figures["parts"] if part["entity"] == "person"]
    if not told["rows"]:
        return None
    torn = f"；其中 {told['torn']:,} 个编号下的证件号码有效而不同，可能是两个人" if told["torn"] else ""
    return f"  注意 另有 {told['rows']:,} 行人员与同系统的另一行编号相同，未单独比对{torn}；请先处理（规则 PER-NO-DUP）"


def summary(result: LinkResult) -> list[str]:
    """Return the summary of a link run as lines of Chinese."""
    told = result.manifest
    lines = [f"第 {result.number} 轮关联完成"]
    for label, measure, one in (("人员", "人", told), ("单位", "个", told["units"])):
        decisions = one["decisions"]
        lines.append(
            f"  {label}：{one['records']:,} 条记录，实为 {one['entities']:,} {measure}；比对 {one['pairs']:,} 对，"
            f"相同 {decisions['same']:,}，待核实 {decisions['review']:,}，不同 {decisions['different']:,}"
        )
        lines += [
            f"    比对键 {key['key']} 有 {key['values']:,} 个取值过于集中"
            f"（最多 {key['records']:,} 条记录共用），未据以配对"
            for key in one["dropped"]
        ]
    if told_of_sharing := _sharing(result):
        lines.append(told_of_sharing)
    if told["trained"].get("by") == TRAINED_BY:
        lines.append("  权重：按本项目数据估计（linking/person-weights.yaml；删去即改用随软件提供的权重）")
    lines.append(f"  关联报告：{result.folder / PAGE}")
    if told["decisions"]["review"] + told["units"]["decisions"]["review"]:
        lines.append(f"  待核实清单：{result.folder / FILE}（填好后用 renshe link --answers 读回）")
    return lines

"""``renshe link``: who is who across systems, then how many of each in a few lines."""

from __future__ import annotations

import json
from pathlib import Path

from renshe.cli.show import progress, say
from renshe.engine.linking.linking import LinkResult, link
from renshe.engine.linking.training import TRAINED_BY


def run_link(project: Path, *, train: bool, as_json: bool) -> None:
    """Link the newest round of ``project``, with weights estimated anew if ``train``, and print how many of each."""
    with progress(not as_json) as report:
        result = link(project, train=train, progress=report)
    if as_json:
        say(json.dumps({"folder": str(result.folder), **result.manifest}, ensure_ascii=False))
        return
    for line in summary(result):
        say(line)


def summary(result: LinkResult) -> list[str]:
    """Return the summary of a link run as lines of Chinese."""
    told = result.manifest
    decisions = told["decisions"]
    lines = [
        f"第 {result.number} 轮关联完成：人员记录 {told['records']:,} 条，实为 {told['persons']:,} 人",
        f"  比对 {told['pairs']:,} 对：同一人 {decisions['same']:,}，待核实 {decisions['review']:,}，"
        f"不同 {decisions['different']:,}",
    ]
    lines += [
        f"  比对键 {one['key']} 有 {one['values']:,} 个取值过于集中（最多 {one['records']:,} 条记录共用），未据以配对"
        for one in told["dropped"]
    ]
    if told["trained"].get("by") == TRAINED_BY:
        lines.append("  权重：按本项目数据估计（linking/person-weights.yaml；删去即改用随软件提供的权重）")
    lines.append(f"  结果：{result.folder}")
    return lines

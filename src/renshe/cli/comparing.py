"""``renshe compare``: two systems held against each other, in counts; who they are stands in the files alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import cast, get_args

from renshe.cli.show import progress, say
from renshe.engine.comparing.compare import Comparison, compare
from renshe.engine.comparing.kinds import KINDS
from renshe.engine.comparing.sides import By
from renshe.engine.project import ProjectError
from renshe.engine.report.labels import system_label


def run_compare(what: Sequence[str], *, by: str | None, as_json: bool) -> None:
    """Compare two systems of a project (the current folder where none is named) and print the counts."""
    if len(what) not in (2, 3) or (len(what) == 2 and (Path(what[0]) / "project.toml").is_file()):
        raise ProjectError(
            f"renshe compare：要写两个系统，前面可写项目文件夹，现在写了 {'、'.join(what)}；"
            "如 renshe compare 项目文件夹 pension medical"
        )
    if by is not None and by not in get_args(By):
        raise ProjectError(f"--by {by}：没有这种配对方式；可用的有 {'、'.join(get_args(By))}")
    *folder, left, right = what
    with progress(not as_json) as report:
        found = compare(Path(*folder), left, right, by=cast(By | None, by), progress=report)
    if as_json:
        say(json.dumps({"folder": str(found.folder), **found.manifest}, ensure_ascii=False))
        return
    for line in summary(found):
        say(line)


def summary(found: Comparison) -> list[str]:
    """Return the summary of a comparison as lines of Chinese."""
    told = found.manifest
    left, right = told["left"], told["right"]
    names = {left: system_label(left), right: system_label(right)}
    lines = [
        f"第 {told['round']} 轮比对完成：{names[left]}（{left}）与{names[right]}（{right}）",
        f"  {told['by_reason']}",
        f"  {names[left]} {told['persons'][left]:,} 人，{names[right]} {told['persons'][right]:,} 人，"
        f"双方都有 {told['pairs']:,} 对；只在{names[left]} {told['only'][left]:,} 人，"
        f"只在{names[right]} {told['only'][right]:,} 人",
    ]
    differences = told["differences"]
    lines.append(f"  不一致 {sum(differences.values()):,} 处" + ("：" if differences else ""))
    lines += [f"    {kind.title} {differences[kind.id]:,}" for kind in KINDS if kind.id in differences]
    if told["accepted"]:
        lines.append(f"  另有 {told['accepted']:,} 处已经核实无误，不再列出")
    lines += [f"  注意 {note}" for note in told["notes"]]
    lines.append(f"  清单：{found.folder / told['workbooks'][0]}（填好后用 renshe decide 读回）")
    return lines

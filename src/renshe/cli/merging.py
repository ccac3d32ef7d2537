"""``renshe merge-plan``: which duplicates may become one, in which order, and what stands in the way."""

from __future__ import annotations

import json
from pathlib import Path

from renshe.cli.show import say
from renshe.engine.merging.plan import STATES
from renshe.engine.merging.sheets import SCOPES
from renshe.engine.merging.store import Written, write_plan
from renshe.engine.rules.merge_rules import merge_rules


def run_merge_plan(project: Path, listed: Path | None, *, as_json: bool) -> None:
    """Write the plan and say what is in it; figures only, so nothing needs masking."""
    written = write_plan(project, listed)
    if as_json:
        say(json.dumps(written.manifest | {"workbook": str(written.workbook)}, ensure_ascii=False))
        return
    for line in summary(written):
        say(line)


def summary(written: Written) -> list[str]:
    """Return the summary of a plan as lines of Chinese."""
    told = written.manifest
    scopes = "，".join(f"{SCOPES[scope]} {count:,} 对" for scope, count in told["scopes"].items())
    lines = [f"合并方案（第 {told['round']} 轮）：{told['pairs']:,} 对" + (f"，其中{scopes}" if scopes else "")]
    lines += [f"  {label}：{told['states'][state]:,} 对" for state, label in STATES.items() if told["states"][state]]
    conditions = merge_rules().conditions
    lines += [f"    {conditions[name].title}：{count:,} 对" for name, count in told["conditions"].items()]
    if told["refunds"]:
        lines.append(f"  同月缴费待退：{told['refunds']:,} 条，{told['refund_amount']} 元")
    if told["doubtful"]:
        lines.append(f"  关联判为待复核或不同的 {told['doubtful']:,} 对未列入")
    if told["apart"]:
        lines.append(f"  已登记不合并的 {told['apart']:,} 对未列入")
    lines += [f"  无法检查“{conditions[name].title}”：{why}" for name, why in told["unchecked"].items()]
    lines.append(f"  工作簿：{written.workbook}；联系参保对象后填写，用 renshe decide 读回")
    return lines

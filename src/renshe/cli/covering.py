"""``renshe coverage``: everybody of the household register classified, in counts."""

from __future__ import annotations

import json
from pathlib import Path

from renshe.cli.show import progress, say
from renshe.engine.coverage.cover import Covered, cover
from renshe.engine.coverage.ministry import FILE
from renshe.engine.coverage.standing import STATUSES


def run_coverage(project: Path, *, ministry: bool, as_json: bool) -> None:
    """Classify the household register of a project and print how many there are of each status."""
    with progress(not as_json) as report:
        found = cover(project, ministry=ministry, progress=report)
    if as_json:
        say(json.dumps({"folder": str(found.folder), **found.manifest}, ensure_ascii=False))
        return
    for line in summary(found):
        say(line)


def summary(found: Covered) -> list[str]:
    """Return how many there are of each status as lines of Chinese."""
    told = found.manifest
    statuses = "，".join(f"{label} {told['statuses'][status]:,}" for status, label in STATUSES.items())
    lines = [
        f"第 {told['round']} 轮全民参保登记：户籍人员 {told['persons']:,} 人（截至 {told['as_of']}）",
        f"  {statuses}",
    ]
    if told["without_place"]:
        lines.append(f"  注意 有 {told['without_place']:,} 人没有可用的户籍或常住区划代码，列在“区划不详”")
    if asked := told.get("ministry"):
        lines.append(f"  部级比对名单 {asked['listed']:,} 人：{found.folder / FILE}")
        if asked["without_number"]:
            lines.append(f"  注意 另有 {asked['without_number']:,} 名未参保人员证件号码无效，不能比对，须先核实")
    lines.append(f"  统计表：{found.folder / told['files'][0]}")
    lists = [name for name in told["files"] if name.endswith(".html")]
    if lists:
        lines.append(f"  未参保人员入户名单 {len(lists)} 份：{found.folder / 'lists'}")
    return lines

"""``renshe simulate`` and ``renshe demo``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from renshe.cli import cleaning, comparing, covering, linking, merging
from renshe.cli.sampling import require_own, sample_bureau
from renshe.cli.show import Report, progress, say
from renshe.engine.comparing.compare import compare
from renshe.engine.coverage.cover import cover
from renshe.engine.linking.linking import link
from renshe.engine.linking.report.page import PAGE
from renshe.engine.merging.store import write_plan
from renshe.engine.project import ProjectError
from renshe.engine.rounds.clean import clean
from renshe.engine.rounds.finished import newest_round
from renshe.engine.simulate.sample import write_sample
from renshe.engine.simulate.simulate import simulate

_COMPARED = ("pension", "medical")


def run_simulate(target: Path, *, persons: int, seed: int, dirty: float, as_json: bool) -> None:
    """Write a simulated project into ``target``."""
    _refuse_foreign(target)
    with progress(not as_json) as report:
        result = simulate(target, persons=persons, seed=seed, dirty=dirty, progress=report)
    if as_json:
        say(json.dumps({"folder": str(target), "rows": result.rows, "errors": result.errors}, ensure_ascii=False))
    else:
        say(f"已生成 {persons:,} 人的模拟项目：{target}")
        say(f"  接着运行：renshe clean {target}")


def run_demo(target: Path, *, persons: int) -> None:
    """Simulate a prefecture into ``target``, run one round of it, find out who is who in it, and set up a bureau."""
    _refuse_foreign(target)
    require_own(target)
    with progress() as report:
        for line in _shown(target, persons, report):
            say(line)
    for line in sample_bureau():
        say(line)


def _shown(target: Path, persons: int, report: Report) -> Iterator[str]:
    """Yield what each step of the demo says, when it is done."""
    yield f"生成 {persons:,} 人的模拟数据（虚构人员）……"
    write_sample(target, persons, report)
    yield "检查数据……"
    yield from cleaning.summary(clean(target, progress=report))
    yield "关联各系统中的同一人、同一单位……"
    linked = link(target, progress=report)
    yield from linking.summary(linked)
    # A handful of people need not be in both.
    if set(_COMPARED) <= set(newest_round(target).systems("person")):
        yield from comparing.summary(compare(target, *_COMPARED, progress=report))
    yield from covering.summary(cover(target, ministry=False, progress=report))
    yield from merging.summary(write_plan(target))
    people, units = linked.manifest, linked.manifest["units"]
    yield (
        f"各系统 {people['records']:,} 条人员记录实为 {people['entities']:,} 人，{units['records']:,} 条单位记录实为"
        f" {units['entities']:,} 个单位；待核实 {people['decisions']['review']:,} 对人员、"
        f"{units['decisions']['review']:,} 对单位。先打开："
    )
    yield from (f"  {folder / PAGE}" for folder in (linked.folder.parent, linked.folder))


def _refuse_foreign(target: Path) -> None:
    """A folder that holds something of somebody's is not written over."""
    if target.exists() and any(target.iterdir()) and not (target / "truth.parquet").is_file():
        raise ProjectError(f"{target}：文件夹不是空的，也不是模拟项目；请换一个文件夹")

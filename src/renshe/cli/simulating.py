"""``renshe simulate`` and ``renshe demo``."""

from __future__ import annotations

import json
from pathlib import Path

from renshe.cli.cleaning import summary
from renshe.cli.show import progress, say
from renshe.engine.project import ProjectError
from renshe.engine.rounds.clean import clean
from renshe.engine.simulate.simulate import simulate


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
    """Simulate a prefecture into ``target`` and run one round of it."""
    _refuse_foreign(target)
    with progress() as report:
        say(f"生成 {persons:,} 人的模拟数据（虚构人员）……")
        simulate(target, persons=persons, seed=1, dirty=0.02, progress=report)
        say("检查数据……")
        result = clean(target, progress=report)
    for line in summary(result):
        say(line)


def _refuse_foreign(target: Path) -> None:
    """A folder that holds something of somebody's is not written over."""
    if target.exists() and any(target.iterdir()) and not (target / "truth.parquet").is_file():
        raise ProjectError(f"{target}：文件夹不是空的，也不是模拟项目；请换一个文件夹")

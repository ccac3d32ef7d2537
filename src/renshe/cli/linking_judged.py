"""``renshe link --sample`` and ``--answers``: what people judge of links goes out and comes back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from renshe.cli.mending import refusal_of, refusals_shown, summary_of, told_of
from renshe.cli.show import progress, say
from renshe.engine.linking.answering import SampleReading, take_answers
from renshe.engine.linking.judging.handing import hand_out
from renshe.engine.linking.judging.sampling import FRAME
from renshe.engine.linking.linking import link
from renshe.engine.mending.refusals import MendingError
from renshe.engine.rounds.finished import LINK, newest_round


def run_sample(project: Path, size: int, seed: int, *, alone: bool, as_json: bool) -> None:
    """Draw pairs of the newest round's links, which are made first where there are none, and say where they are."""
    if not alone:
        raise MendingError("--sample 与 --train 不能同时用；请先用 --train 重新关联，再抽样")
    finished = newest_round(project)
    if not (finished.folder / LINK / FRAME).exists():
        with progress(not as_json) as report:
            link(project, progress=report)
    sample, books = hand_out(project, size, seed)
    layers = sample.told["layers"]
    if as_json:
        told = {"round": finished.number, "sample": sample.id, "seed": seed, "layers": layers}
        say(json.dumps(told | {"workbooks": list(map(str, books))}, ensure_ascii=False))
        return
    say(f"第 {finished.number} 轮抽样 {len(sample.pairs):,} 对（种子 {seed}）")
    for one in layers:
        say(f"  {one['label']}：{one['pairs']:,} 对中抽 {one['drawn']:,} 对")
    for book in books:
        say(f"  判定表：{book}")
    say(f"  由两人各自判定，再用 renshe link {project} --answers 文件 交回")


def run_answers(project: Path, workbooks: Sequence[Path], *, alone: bool, as_json: bool) -> None:
    """Read review queues and judged samples back and say what was taken and what was not; exit 2 where nothing was."""
    if not alone:
        raise MendingError("--answers 与 --sample、--train 不能同时用；请分次运行")
    answers, samples = take_answers(project, workbooks)
    if as_json:
        told = {
            "answers": None if answers is None else told_of(answers),
            "samples": None if samples is None else _told(samples),
        }
        say(json.dumps(told, ensure_ascii=False))
    else:
        lines = [] if answers is None else summary_of(answers, f"下一次关联（renshe link {project}）应用")
        for line in lines + ([] if samples is None else _summary(samples)):
            say(line)
    refused = (answers is not None and bool(answers.refused)) or (samples is not None and bool(samples.refused))
    taken = (answers is not None and bool(answers.decisions)) or (samples is not None and samples.judged.taken > 0)
    if refused and not taken:
        raise typer.Exit(2)


def _told(samples: SampleReading) -> dict[str, Any]:
    return {
        "taken": samples.judged.taken,
        "quality": {str(number): _figures(told) for number, told in samples.judged.told.items()},
        "workbooks": [str(book) for book in samples.judged.books],
        "refused": [refusal_of(one) for one in samples.refused],
        "given_back": {str(workbook): str(path) for workbook, path in samples.given_back.items()},
    }


def _figures(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in ("drawn", "judged", "waiting", "open", "agreement", "precision", "recall")}


def _summary(samples: SampleReading) -> list[str]:
    judged = samples.judged
    lines = [f"抽样判定：采纳 {judged.taken:,} 行，未采纳 {len(samples.refused):,} 处"]
    lines += refusals_shown(samples.refused)
    lines += [f"  未采纳的行：{path}，改好后用 renshe link --answers 再读" for path in samples.given_back.values()]
    for number, told in judged.told.items():
        counts = f"两人都判定的 {told['judged']:,} 对，尚缺 {told['waiting']:,} 对，未定 {told['open']:,} 对"
        lines.append(f"  第 {number} 轮：{counts}")
        for name, label in (("precision", "准确率"), ("recall", "召回率")):
            either = told[name]["open_as_different"], told[name]["open_as_same"]
            shown = [_interval(one) for one in (either if told["open"] else either[:1])]
            lines.append(f"  {label}：{'；未定的算同一人则为 '.join(shown)}")
    return lines + [f"  意见不一的，由第三人判定：{book}" for book in judged.books]


def _interval(estimate: Mapping[str, float] | None) -> str:
    if estimate is None:
        return "尚不能估计"
    return f"{estimate['estimate']:.4f}（95% 置信区间 {estimate['low']:.4f} 至 {estimate['high']:.4f}）"

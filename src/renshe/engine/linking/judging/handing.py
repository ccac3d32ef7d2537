"""A sample handed out: drawn from the frame of a link run, as workbooks for two clerks.

Invariant: a sample that is being judged is not drawn anew; one that was is put away, not written over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from renshe.engine.linking.judging.books import CLERKS, write_sheet
from renshe.engine.linking.judging.sampling import FRAME, SAMPLE, Sample, draw
from renshe.engine.linking.report.page import FIGURES, QUALITY, write_page, write_private
from renshe.engine.linking.report.writing import EARLIER, SAMPLED
from renshe.engine.mending.refusals import MendingError
from renshe.engine.project import ProjectError
from renshe.engine.rounds.finished import LINK, Finished, newest_held, require_readable


def hand_out(project: Path, size: int, seed: int) -> tuple[Sample, tuple[Path, ...]]:
    """Draw a sample of the links of the newest round and write the workbooks of two clerks; return it and them.

    ProjectError where it was not linked yet or the link is damaged, MendingError where a sample of it is being judged
    or no two records were compared.
    """
    with newest_held(project) as finished:
        finished.require_link()
        folder = finished.folder / LINK
        earlier = folder / SAMPLE
        if earlier.exists() and not _finished(folder):
            raise MendingError(
                f"{folder}：上次抽样还没有判定完；请交回抽样判定表（renshe link {project} --answers 文件），"
                f"不要了的先删去 {earlier} 和抽样判定-*.xlsx"
            )
        require_readable(folder / FRAME, ("layer", "decision", "pairs", "likely"))
        try:
            figures = json.loads((folder / FIGURES).read_text("utf-8"))
        except (OSError, ValueError):
            raise ProjectError(f"{folder / FIGURES}：损坏；请重新运行 renshe link {project}，会整个重做") from None
        part = next(part for part in figures["parts"] if part["entity"] == "person")
        about = {"round": finished.number, "entity": "person", "model": part["model"]["version"], "run": part["run"]}
        sample = draw(folder, size, seed, about)
        if not sample.pairs:
            raise MendingError(f"{folder}：这次关联没有比对过任何一对人员记录，没有可抽的；请核对各系统的人员数据")
        _put_away(folder)
        write_private(earlier, json.dumps(sample.told, ensure_ascii=False) + "\n")
        books = tuple(publish(finished, sample, clerk, sample.order(clerk)) for clerk in CLERKS[:2])
        write_page(folder)
    return sample, books


def _finished(folder: Path) -> bool:
    if not (folder / QUALITY).exists():
        return False
    told = json.loads((folder / QUALITY).read_text("utf-8"))
    return not told["waiting"]


def _put_away(folder: Path) -> None:
    """Move what belongs to a sample that was judged into a folder of its own."""
    if not (folder / SAMPLE).exists():
        return
    target = folder / EARLIER / json.loads((folder / SAMPLE).read_text("utf-8"))["id"]
    target.mkdir(parents=True, mode=0o700, exist_ok=True)
    for pattern in SAMPLED:
        for file in folder.glob(pattern):
            file.rename(target / file.name)


def publish(finished: Finished, sample: Sample, clerk: str, places: Sequence[int]) -> Path:
    """Write the workbook of ``clerk``, the pairs at ``places``, under a name that is free; return where it is."""
    at, target = 1, finished.folder / LINK / f"抽样判定-{clerk}.xlsx"
    while target.exists():
        at += 1
        target = target.with_name(f"抽样判定-{clerk}{at}.xlsx")
    write_sheet(finished, sample, clerk, places, target)
    return target

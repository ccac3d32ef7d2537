"""``renshe link --answers``: review queues become decisions, judged samples become figures of quality.

Invariant: a workbook that is neither is refused before anything changes; refused rows are given back beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from renshe.engine.linking.judging.books import FORM as SAMPLED
from renshe.engine.linking.judging.taking import Taken, take_back
from renshe.engine.linking.reading import LinkAnswers
from renshe.engine.linking.report.workbook import FILE
from renshe.engine.linking.report.workbook import FORM as QUEUED
from renshe.engine.mending.decide import Reading, decide
from renshe.engine.mending.lists import Lists, read_lists
from renshe.engine.mending.newest import open_newest
from renshe.engine.mending.refusals import MendingError, Refusal
from renshe.engine.mending.refused import GivenBack
from renshe.engine.project import load_project
from renshe.engine.rounds.store import Store


@dataclass(frozen=True, slots=True)
class SampleReading:
    """What became of judged samples; ``given_back``: by workbook, the file that lists what is to be mended of it."""

    judged: Taken
    refused: Sequence[Refusal]
    given_back: dict[Path, Path]


def take_answers(project: Path, workbooks: Sequence[Path]) -> tuple[Reading | None, SampleReading | None]:
    """Read ``workbooks`` back; return what became of the review queues and of the samples among them, if there are any.

    Raises SourceError for a workbook that cannot be read, MendingError for one that is neither or of another project,
    BusyError where another run is at work; then nothing was changed.
    """
    load_project(project)
    read = {path: read_lists(path, (QUEUED, SAMPLED)) for path in dict.fromkeys(workbooks)}
    samples = [lists for lists in read.values() if any(sheet.form is SAMPLED for sheet in lists.sheets)]
    queues = [path for path in read if path not in {lists.path for lists in samples}]
    for path in queues:
        if not read[path].sheets and not read[path].refused:
            raise MendingError(f"{path}：不是待核实清单，也不是抽样判定表；请交回 link 文件夹中的 {FILE} 或抽样判定表")
    answers = decide(project, queues, (LinkAnswers(),)) if queues else None
    return answers, _take_samples(project, samples) if samples else None


def _take_samples(project: Path, samples: Sequence[Lists]) -> SampleReading:
    store = Store(project)
    with store.locked():
        judged, refused = take_back(store, open_newest(store), samples)
        refused += [refusal for lists in samples for refusal in lists.refused]
        back = GivenBack(store.unfinished, samples, refused)
        back.publish()
    return SampleReading(judged, refused, back.targets)

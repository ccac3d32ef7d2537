"""``renshe decide``: filled-in lists become one batch of decisions.

Business rule: what is right in a workbook is taken, what is wrong is named with its cell and given back; nobody does
300 rows again because of one. What was published and is missing is said: a deleted row decides nothing.

Invariant: one reading is one file of the log, or none. Killed at any moment, it leaves no decision behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from renshe.engine.decisions.log import Decision, effective, read_decisions
from renshe.engine.mending.checks import Draft, judge_rows
from renshe.engine.mending.conflicts import Standing, settle
from renshe.engine.mending.entering import enter
from renshe.engine.mending.lists import PROBLEMS, Filled, Form, Lists, read_lists
from renshe.engine.mending.newest import Newest, open_newest
from renshe.engine.mending.refusals import MendingError, Refusal
from renshe.engine.mending.refused import GivenBack
from renshe.engine.project import load_project
from renshe.engine.rounds.store import Store


@dataclass(frozen=True, slots=True)
class Missing:
    """Rows that a sheet was given and that are in none of the workbooks any more."""

    path: Path
    sheet: str
    rows: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of the workbooks: ``filled`` rows, of them ``decisions`` of ``batch`` (None where none was taken).

    ``given_back``: by workbook, the file that lists what is to be mended of it. ``newest`` is the round decided upon.
    """

    newest: int
    filled: int
    batch: str | None
    decisions: Sequence[Decision]
    refused: Sequence[Refusal]
    missing: Sequence[Missing]
    given_back: Mapping[Path, Path]


class Kind(Protocol):
    """A kind of workbook that can be read back: its lists, and what becomes of the rows filled in."""

    @property
    def forms(self) -> Sequence[Form]:
        """Return the lists of which such a workbook consists."""
        ...

    def judge(self, rows: Sequence[Filled], newest: Newest) -> tuple[list[Draft], list[Refusal]]:
        """Return what may become decisions, and what is refused."""
        ...


class Problems:
    """The workbooks of a round's report."""

    forms: Sequence[Form] = (PROBLEMS,)

    def judge(self, rows: Sequence[Filled], newest: Newest) -> tuple[list[Draft], list[Refusal]]:
        """Return what may become decisions, and what is refused."""
        return judge_rows(rows, newest)


def decide(project: Path, workbooks: Sequence[Path], more: Sequence[Kind] = ()) -> Reading:
    """Read ``workbooks``, lists of problems and ``more`` kinds, back as decisions on the newest round of ``project``.

    Raises SourceError for a workbook that cannot be read, MendingError for one that is no list of this project,
    BusyError where another run is at work; then nothing was changed.
    """
    load_project(project)
    workbooks = list(dict.fromkeys(workbooks))
    kinds: Sequence[Kind] = (Problems(), *more)
    read = [read_lists(path, [form for kind in kinds for form in kind.forms]) for path in workbooks]
    store = Store(project)
    with store.locked():
        newest = open_newest(store)
        for lists in read:
            _refuse_foreign(lists, newest)
        rows = [filled for lists in read for filled in lists.filled]
        drafts, refused = _judged(kinds, rows, newest)
        kept, differing = settle(drafts)
        log = read_decisions(project)
        standing = Standing(effective(log))
        recorded = [(draft, standing.refusal(draft)) for draft in kept]
        refused += differing + [refusal for _, refusal in recorded if refusal is not None]
        refused += [refusal for lists in read for refusal in lists.refused]
        decisions = [draft.decision for draft, refusal in recorded if refusal is None]
        batch, entered, given_back = _keep(store, log, read, decisions, refused)
    places = {(lists.path, sheet.name): at for lists in read for at, sheet in enumerate(lists.sheets)}
    refused.sort(key=lambda one: (workbooks.index(one.path), places.get((one.path, one.sheet), -1), one.row or 0))
    return Reading(newest.number, len(rows), batch, entered, refused, _missing(read, newest), given_back)


def _judged(kinds: Sequence[Kind], rows: Sequence[Filled], newest: Newest) -> tuple[list[Draft], list[Refusal]]:
    drafts: list[Draft] = []
    refused: list[Refusal] = []
    for kind in kinds:
        own = [filled for filled in rows if filled.sheet.form in kind.forms]
        if own:
            found, wrong = kind.judge(own, newest)
            drafts += found
            refused += wrong
    return drafts, refused


def _refuse_foreign(lists: Lists, newest: Newest) -> None:
    if not lists.sheets and not lists.refused:
        raise MendingError(
            f"{lists.path}：不是 renshe 的问题清单（没有一个工作表有“识别码”和“处理方式”列）；"
            f"请交回 {newest.folder.name} 轮报告中的工作簿"
        )
    stamps = {":".join(stamp.split(":")[:2]) for stamp in lists.seen}
    if stamps and all(newest.files(stamp) is None for stamp in stamps):
        number = min(stamps).split(":", 1)[0]
        raise MendingError(
            f"{lists.path}：不是项目 {newest.project.folder} 的清单（本项目没有这样的第 {number} 轮，或该轮已删去）；"
            "请核对项目文件夹，或从本项目最新一轮的清单填写"
        )


def _keep(
    store: Store, log: Sequence[Decision], read: Sequence[Lists], decisions: Sequence[Decision], refused: list[Refusal]
) -> tuple[str | None, Sequence[Decision], Mapping[Path, Path]]:
    """Write what was refused, then the batch; the first becomes visible only when the second is."""
    back = GivenBack(store.unfinished, read, refused)
    batch: str | None = None
    entered: Sequence[Decision] = ()
    if decisions:
        stem = read[0].path.stem if len(read) == 1 else f"{read[0].path.stem}等{len(read)}份"
        batch, entered = enter(store.project, log, stem, decisions)
    back.publish()
    return batch, entered, back.targets


def _missing(read: Sequence[Lists], newest: Newest) -> list[Missing]:
    """Count rows that sheets were given and that no workbook holds any more; a list may be split among several."""
    met: dict[str, tuple[Path, str, set[int]]] = {}
    for lists in read:
        for stamp, (sheet, rows) in lists.seen.items():
            met.setdefault(stamp, (lists.path, sheet, set()))[2].update(rows)
    found: list[Missing] = []
    for stamp, (path, sheet, rows) in met.items():
        number, digest, _, given = stamp.split(":")
        lacking = int(given) - len(rows)
        if lacking > 0 and newest.files(f"{number}:{digest}") is not None:
            found.append(Missing(path, sheet, lacking))
    return found

"""A sample taken back: what clerks judged goes into ``quality.json`` and the page; a third gets what is open.

Business rule: two people judge, each alone. Whoever hands in again corrects what he said before.

Invariant: one letter is one clerk, and no clerk has two. Nothing in the log of decisions and no link changes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from renshe.engine.linking.judging.books import CLERKS, FORM, JUDGE, JUDGED, MARK, PERSON, cells_of
from renshe.engine.linking.judging.handing import publish
from renshe.engine.linking.judging.quality import THIRD, Judged, disputed, read_judged, verdicts, write_judged
from renshe.engine.linking.judging.sampling import SAMPLE, Sample
from renshe.engine.linking.report.page import write_page
from renshe.engine.mending.hands import identity_parts, shown, wrong_identity, wrong_name, wrong_shown
from renshe.engine.mending.lists import Filled, Lists
from renshe.engine.mending.newest import STAMP, Newest
from renshe.engine.mending.refusals import Refusal, Wrong
from renshe.engine.report.sheets import IDENTITY
from renshe.engine.rounds.finished import LINK, Finished
from renshe.engine.rounds.store import Store

_KINDS = {label: kind for kind, label in PERSON.answers.items()}
_PARTS = 5
_RESTORE = "请从原判定表复制回整行（连同隐藏的“识别码”）后再判；排序、复制时不要漏掉隐藏的列"
_FRESH = "请从现在的抽样判定表填写"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a reading: how many rows were taken, per round what is known now, workbooks for a third."""

    taken: int
    told: Mapping[int, Mapping[str, Any]]
    books: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that somebody judged, of the sample of a round."""

    filled: Filled
    round: int
    clerk: str
    place: int
    kind: str
    name: str


def take_back(store: Store, newest: Newest, read: Sequence[Lists]) -> tuple[Taken, list[Refusal]]:
    """Take what clerks judged of samples; the caller holds the project. Return what came of it and what is refused."""
    refused: list[Refusal] = []
    rows: dict[int, list[_Row]] = {}
    samples = _Samples(store)
    judged = [row for lists in read for row in lists.filled if row.sheet.form is FORM]
    names = _names(judged)
    for filled in judged:
        if filled.text(JUDGED) is None and filled.wrong is None:
            continue
        row = _row(filled, newest, samples, names[filled.sheet.path, filled.sheet.name])
        if isinstance(row, Wrong):
            refused.append(filled.refuse(row))
        else:
            rows.setdefault(row.round, []).append(row)
    told: dict[int, Mapping[str, Any]] = {}
    books: list[Path] = []
    taken = 0
    for number, own in sorted(rows.items()):
        sample, folder = samples.of(number), samples.folder(number)
        assert sample is not None
        known = read_judged(folder, sample)
        sound, wrong = _as_shown(own, samples.round(number), sample)
        refused += wrong
        kept, wrong = _agreeing(sound, known.clerks)
        refused += wrong
        taken += len(kept)
        if kept:
            told[number], more = _record(samples.round(number), sample, known, kept)
            books += more
    return Taken(taken, told, tuple(books)), refused


class _Samples:
    """The samples of a project's rounds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[int, Sample | None] = {}

    def of(self, number: int) -> Sample | None:
        """Return the sample of round ``number``; None where there is none."""
        if number not in self._known:
            path = self.folder(number) / SAMPLE
            self._known[number] = Sample(json.loads(path.read_text("utf-8"))) if path.exists() else None
        return self._known[number]

    def round(self, number: int) -> Finished:
        """Return round ``number``."""
        folder = self._store.folder(number)
        return Finished(self._store, number, folder, json.loads((folder / "manifest.json").read_text("utf-8")))

    def folder(self, number: int) -> Path:
        """Return the link folder of round ``number``."""
        return self._store.folder(number) / LINK


def _names(rows: Iterable[Filled]) -> dict[tuple[Path, str], list[str]]:
    """Return, by workbook and sheet, whose names stand there."""
    found: dict[tuple[Path, str], list[str]] = {}
    for row in rows:
        own = found.setdefault((row.sheet.path, row.sheet.name), [])
        name = row.text(JUDGE)
        if name is not None and name not in own:
            own.append(name)
    return found


def _row(filled: Filled, newest: Newest, samples: _Samples, names: Sequence[str]) -> _Row | Wrong:
    """Say which pair a row means, who judged it and how."""
    parts = identity_parts(filled)
    if isinstance(parts, Wrong):
        return parts
    if not _is_identity(parts):
        return wrong_identity("请从原判定表复制回这一行的识别码")
    _, clerk, known, place, stamp = parts
    number = int(stamp.split(":")[0])
    sample = samples.of(number) if newest.files(":".join(stamp.split(":")[:2])) is not None else None
    if sample is None or sample.id != known or not 0 <= place < len(sample.pairs):
        return Wrong(IDENTITY, f"这一行不是本项目第 {number} 轮现在的抽样（或已重新抽样）", _FRESH)
    kind = _KINDS.get(filled.text(JUDGED) or "")
    if kind is None:
        what = f"没有判定“{(filled.text(JUDGED) or '')[:20]}”"
        return Wrong(JUDGED, what, f"请从下拉列表中选择：{'、'.join(_KINDS)}")
    name = filled.text(JUDGE) or (names[0] if len(names) == 1 else None)
    if name is None:
        return Wrong(JUDGE, f"没有填“{JUDGE}”", "请在任何一行写上判定人姓名（全表是同一个人）")
    return wrong_name(JUDGE, name) or _Row(filled, number, clerk, place, kind, name)


def _as_shown(rows: Sequence[_Row], finished: Finished, sample: Sample) -> tuple[list[_Row], list[Refusal]]:
    """Return the rows whose visible cells are those of the pair that their hidden identity means; refuse the others."""
    cells = cells_of(finished, sample, sorted({row.place for row in rows}))
    judged = [(row, wrong_shown(row.filled, cells[row.place], _RESTORE)) for row in rows]
    kept = [row for row, wrong in judged if wrong is None]
    return kept, [row.filled.refuse(wrong) for row, wrong in judged if wrong is not None]


def _is_identity(parts: Any) -> bool:
    if not isinstance(parts, list) or len(parts) != _PARTS:
        return False
    mark, clerk, known, place, stamp = parts
    sound = isinstance(known, str) and isinstance(place, int) and not isinstance(place, bool)
    return mark == MARK and clerk in CLERKS and sound and isinstance(stamp, str) and bool(STAMP.fullmatch(stamp))


def _agreeing(rows: Sequence[_Row], clerks: Mapping[str, str]) -> tuple[list[_Row], list[Refusal]]:
    """Return the rows but for those of a second person under one letter, of one person under two, and of two minds."""
    known = dict(clerks)
    said: dict[tuple[str, int], set[str]] = {}
    for row in rows:
        known.setdefault(row.clerk, row.name)
        said.setdefault((row.clerk, row.place), set()).add(row.kind)
    kept: list[_Row] = []
    refused: list[Refusal] = []
    for row in rows:
        wrong = _wrong_judge(row, known)
        if wrong is None and len(said[row.clerk, row.place]) > 1:
            wrong = Wrong(JUDGED, "同一对在交回的判定表中有两种判定", "请只保留一种")
        if wrong is None:
            kept.append(row)
        else:
            refused.append(row.filled.refuse(wrong))
    return kept, refused


def _wrong_judge(row: _Row, known: Mapping[str, str]) -> Wrong | None:
    if shown(known[row.clerk]) != shown(row.name):
        what = f"{row.clerk}本已由 {known[row.clerk]} 判定，这一行却是 {row.name}"
        return Wrong(JUDGE, what, "一本只由一个人判定，请由原判定人填写")
    twin = next((one for one in CLERKS if one != row.clerk and shown(known.get(one)) == shown(row.name)), None)
    if twin is not None:
        return Wrong(JUDGE, f"{row.name} 已判定{twin}本，不能再判定{row.clerk}本", "请由另一人独立判定")
    return None


def _record(
    finished: Finished, sample: Sample, known: Judged, rows: Iterable[_Row]
) -> tuple[Mapping[str, Any], list[Path]]:
    """Add rows to what was judged, work out the quality and the page; return it and workbooks for a third."""
    names = dict(known.clerks)
    said = {clerk: dict(own) for clerk, own in known.said.items()}
    for row in rows:
        names.setdefault(row.clerk, row.name)
        said.setdefault(row.clerk, {})[row.place] = row.kind
    fresh = [at for at in disputed(said) if at not in known.asked]
    books: list[Path] = []
    # A third is asked when both have judged all they were given: not pair by pair.
    if fresh and len(verdicts(said)) == len(sample.pairs):
        books.append(publish(finished, sample, THIRD, [at for at in sample.order(THIRD) if at in fresh]))
    asked = sorted({*known.asked, *fresh}) if books else known.asked
    folder = finished.folder / LINK
    told = write_judged(folder, sample, Judged(names, said, asked))
    write_page(folder)
    return told, books

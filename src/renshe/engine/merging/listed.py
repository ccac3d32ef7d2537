"""Pairs that clerks name: a list of system, the number that goes and the one that stays, in any format that is read.

A system may be written as in project.toml or by the name that workbooks show.

Invariant: a list is taken whole or refused with its first row that cannot be taken. It names no pair both ways round.
"""

from __future__ import annotations

from pathlib import Path

from renshe.engine.mending.refusals import MendingError
from renshe.engine.merging.plan import Listed
from renshe.engine.report.labels import SYSTEM_LABELS, system_label
from renshe.engine.sources.opening import open_source
from renshe.standards.bulk import text_of
from renshe.standards.text import clean, label_key

_COLUMNS = ("系统", "被并编号", "保留编号")
_NAMES = ("system", "old", "new")
_SYSTEMS = {system_label(name): name for name in SYSTEM_LABELS}


def read_listed(path: Path) -> list[Listed]:
    """Return the pairs of a list; SourceError where it cannot be read, MendingError where it is none."""
    known = frozenset(map(label_key, (*_COLUMNS, *_NAMES)))
    reader = open_source(path, known_names=known)
    header = [label_key(name) for name in reader.header]
    places = []
    for column, name in zip(_COLUMNS, _NAMES, strict=True):
        at = next((header.index(label_key(word)) for word in (column, name) if label_key(word) in header), None)
        if at is None:
            told = f"名单应有三列：{'、'.join(_COLUMNS)}，系统写 project.toml 中的名字，如 pension"
            raise MendingError(f"{path}：没有“{column}”列；{told}")
        places.append(at)
    found: list[Listed] = []
    first: dict[tuple[str, frozenset[str]], tuple[Listed, int]] = {}
    for batch in reader.batches():
        if batch.rejects:
            reject = batch.rejects[0]
            raise MendingError(f"{path} 第 {reject.source_row} 行：{reject.reason}；请改正或删去这一行")
        columns = [[clean(text) for text in text_of(batch.columns[at]).to_pylist()] for at in places]
        for at, *texts in zip(batch.rows.tolist(), *columns, strict=True):
            pair = _pair(path, at, texts)
            earlier, row = first.setdefault((pair[0], frozenset(pair[1:])), (pair, at))
            if earlier != pair:
                what = f"与第 {row} 行是同一对编号，保留的却是另一个"
                raise MendingError(f"{path} 第 {at} 行：{what}；请商定保留哪一个，删去另一行")
            found.append(pair)
    if not found:
        raise MendingError(f"{path}：名单中没有一行；请每行写一对编号")
    return found


def _pair(path: Path, number: int, texts: list[str | None]) -> Listed:
    system, old, new = texts
    if system is None or old is None or new is None:
        lacking = next(column for column, text in zip(_COLUMNS, texts, strict=True) if text is None)
        raise MendingError(f"{path} 第 {number} 行：没有写“{lacking}”；请补上，或删去这一行")
    if old == new:
        raise MendingError(f"{path} 第 {number} 行：被并编号与保留编号相同；请核对")
    return _SYSTEMS.get(system, system), old, new

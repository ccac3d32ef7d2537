"""A batch of decisions entered in the log: numbered, timed, all or none.

Invariant: within a log, ids are unique and times increase strictly, whatever the clock of the machine does. China has
one time zone: all are written in it, so that their texts sort as they were entered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from renshe.engine.decisions.log import FOLDER, Decision, DecisionError, append_decisions

_BEIJING = timezone(timedelta(hours=8))
_STEM_CHARS = 40


def enter(
    project: Path, log: Sequence[Decision], stem: str, decisions: Iterable[Decision]
) -> tuple[str, list[Decision]]:
    """Append ``decisions`` as one batch and return its name and the decisions as entered.

    ``log`` is the whole log as it stands; the caller holds the project. ``stem`` says in the batch's name what it was.
    """
    moment = _moment(log)
    ids = {decision.id for decision in log}
    while f"{moment:%y%m%d%H%M%S}-1" in ids or list((project / FOLDER).glob(f"{moment:%Y%m%d-%H%M%S}-*.jsonl")):
        moment += timedelta(seconds=1)
    legal = re.sub(r"[^\w（）()-]+", "_", stem)[:_STEM_CHARS].strip("_") or "decisions"
    batch = f"{moment:%Y%m%d-%H%M%S}-{legal}"
    entered = [
        replace(
            decision,
            id=f"{moment:%y%m%d%H%M%S}-{number}",
            at=(moment + timedelta(microseconds=number)).isoformat(timespec="microseconds"),
            batch=batch,
        )
        for number, decision in enumerate(decisions, 1)
    ]
    append_decisions(project, batch, entered)
    return batch, entered


def _moment(log: Sequence[Decision]) -> datetime:
    """Return now, or a moment after the last decision where the clock is behind it."""
    now = datetime.now(_BEIJING)
    if log and log[-1].at >= now.isoformat(timespec="microseconds"):
        # Times are compared as texts: the hour that stands there counts, whatever zone its writer lived in.
        try:
            last = datetime.fromisoformat(log[-1].at)
        except ValueError:
            raise DecisionError(f"{log[-1].place}：at 不是时间；应写成 2021-05-31T09:00:00+08:00 的样子") from None
        return last.replace(tzinfo=_BEIJING) + timedelta(microseconds=1)
    return now

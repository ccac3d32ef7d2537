"""Kinds of jobs: what runs in the background, declared by the room whose work it is.

Rule (issue 5): progress, cancel, retry and schedule come with the declaration. A kind is started by whom its operation
is granted to; a kind without one is the system's own and runs by its schedule.

Invariant: a name means one kind; what a kind is called with fits its function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Any

from croniter import croniter

from renshe.core.errors import BusinessError

Work = Callable[..., object]
"""Called with a ``Progress`` and the job's arguments."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """``schedule``: when the system starts it by itself, as five words of cron in the bureau's own time; ``retry``: how
    often it is tried again after a fault of the program or of the machine; ``operation``: what whoever starts it must
    be granted in its region."""

    name: str
    label: str
    work: Work
    schedule: str | None = None
    retry: int = 0
    operation: str | None = None

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Refuse with BusinessError ``arguments`` that the function does not take."""
        try:
            signature(self.work).bind(None, **arguments)
        except TypeError:
            raise BusinessError("job.arguments", job=self.label) from None


_KNOWN: dict[str, JobKind] = {}


def job(
    name: str, label: str, *, schedule: str | None = None, retry: int = 0, operation: str | None = None
) -> Callable[[Work], Work]:
    """Declare the function that this decorates as a kind of job; it is called with its ``Progress`` and arguments.

    ValueError where the name is taken or the schedule cannot be read.
    """
    if schedule is not None and not croniter.is_valid(schedule):
        raise ValueError(f"{name}: {schedule!r} is no schedule")

    def declare(work: Work) -> Work:
        made = JobKind(name, label, work, schedule, retry, operation)
        if _KNOWN.setdefault(name, made) is not made:
            raise ValueError(f"{name}: declared twice")
        return work

    return declare


def find_job(name: str) -> JobKind:
    """Return the kind called ``name``; BusinessError where there is none."""
    try:
        return _KNOWN[name]
    except KeyError:
        raise BusinessError("job.no_such_kind", job=name) from None


def job_kinds() -> list[JobKind]:
    """Return every kind that is declared, by name."""
    return [_KNOWN[name] for name in sorted(_KNOWN)]

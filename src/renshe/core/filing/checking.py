"""Whether all papers are there and as they were, and what lies there for nobody.

Rule (S1-66; issue 5): a process that was killed between a paper and its row leaves a paper without a row, never a row
without a paper. Such papers are cleared away after some days; a paper that is missing or altered is told.

Invariant: nothing that a row names is taken out; a check changes no paper.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from renshe.core.filing import store
from renshe.core.filing.alarms import alarm
from renshe.core.filing.limits import limits
from renshe.core.filing.models import Alarm
from renshe.core.filing.referring import lock, named, wanted
from renshe.core.journal.context import Context, declared

_DAY = 86_400


@dataclass(slots=True)
class Papers:
    """What a check found: digests of papers that are ``missing`` or ``altered``, and of ``orphans``, which no row
    names; ``leftovers``: what killed processes left aside; how many papers were looked at."""

    missing: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    leftovers: list[Path] = field(default_factory=list)
    checked: int = 0

    @property
    def whole(self) -> bool:
        """Whether every paper that a row names is there and as it was."""
        return not (self.missing or self.altered)


def papers_check(step: Callable[[int, int], None] = lambda done, total: None) -> Papers:
    """Compare all papers with their digests and with the rows that name them; ``step`` is told how far it is."""
    found, must = Papers(), named()
    for digest in sorted(must):
        state = store.state(digest)
        if state == "missing":
            found.missing.append(digest)
        elif state == "altered":
            found.altered.append(digest)
        found.checked += 1
        step(found.checked, len(must))
    found.orphans = [digest for digest, _ in store.kept() if digest not in must and not wanted(digest)]
    found.leftovers = [file for file, _ in store.leftovers()]
    return found


def papers_tell(found: Papers, context: Context) -> None:
    """Raise an alarm for what a check found, and clear those whose paper is whole again."""
    must = named()
    with declared(context):
        for state, digests in (("missing", found.missing), ("altered", found.altered)):
            for digest in digests:
                for region in must.get(digest, ()):
                    alarm(digest, state, region=region, by=context.operator)
            Alarm.objects.filter(cleared_at=None, found=state).exclude(digest__in=digests).update(
                cleared_at=timezone.now()
            )


def papers_sweep(older_than: float | None = None) -> int:
    """Take out what nothing names and nobody touched for days (``older_than`` seconds); return how much that was."""
    before = time.time() - (limits().orphan_days * _DAY if older_than is None else older_than)
    swept = 0
    for digest, since in store.kept():
        if since <= before and not wanted(digest):
            with transaction.atomic():
                lock(digest)
                # Whoever attached the same file meanwhile has named it by now.
                if not wanted(digest):
                    store.remove(digest)
                    swept += 1
    for file, since in store.leftovers():
        if since <= before:
            file.unlink(missing_ok=True)
            swept += 1
    return swept

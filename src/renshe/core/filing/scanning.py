"""The virus scanner of the agency, asked about every file before it is kept.

Rule (防病毒, issue 5): the command stands in ``RENSHE_SCANNER`` (``clamdscan --fdpass --no-summary``); it is given the
file and answers as clamdscan does: 0 clean, 1 infected, anything else: not looked at. ``RENSHE_SCANNER_REQUIRED=1``
refuses what was not looked at; else it is taken and says of itself that it was not.

Invariant: a file that was found infected is never kept.
"""

from __future__ import annotations

import logging
import shlex
import subprocess
from pathlib import Path

from django.conf import settings

from renshe.core.errors import BusinessError
from renshe.core.filing.limits import limits

log = logging.getLogger(__name__)


def scan(file: Path, name: str) -> bool:
    """Return whether ``file`` was looked at and found clean; BusinessError where it is infected, or not looked at where
    it must be."""
    answer = _ask(file)
    if answer == 1:
        log.error("a file that was handed in is infected")
        raise BusinessError("paper.infected", name=name)
    if answer != 0 and settings.SCANNER_REQUIRED:
        raise BusinessError("paper.not_scanned", name=name)
    return answer == 0


def _ask(file: Path) -> int | None:
    command = shlex.split(settings.SCANNER)
    if not command:
        return None
    try:
        asked = subprocess.run(
            [*command, str(file)], capture_output=True, timeout=limits().scan_seconds, check=False, shell=False
        )
    except (OSError, subprocess.TimeoutExpired):
        log.exception("the virus scanner does not answer")
        return None
    if asked.returncode not in (0, 1):
        log.error("the virus scanner answers %s", asked.returncode)
    return asked.returncode

"""Whom to believe first where sources contradict each other: declared once, for whatever weighs one against another.

Source: 白社保〔2021〕22号 三（三） (base information is held against 公安 and other departments), 人社厅发〔2015〕86号
(the register is begun from networked monitoring data and all business systems). The police over the pension system
over all others; copies of them (networked monitoring) after their originals; a backup, yesterday's copy, last.

Invariant: every system has one rank; of two ranks the smaller is believed first, and equal ranks prove nothing.
"""

from __future__ import annotations

from renshe.engine.schema import system_family

_RANKS = {"police": 0, "pension": 1, "monitor": 3, "backup": 4}
_OTHERS = 2

COPY = _RANKS["monitor"]
"""From this rank on a system tells what another one knows first."""


def precedence(system: str) -> int:
    """Return the rank of ``system``: 0 is believed first."""
    return _RANKS.get(system_family(system), _OTHERS)


def is_backup(system: str) -> bool:
    """Whether ``system`` is a backup: it fills what was lost, and corrects nothing."""
    return precedence(system) == _RANKS["backup"]

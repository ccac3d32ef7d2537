"""Cells that nobody can read: dates, months, numbers and codes that are none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from renshe.engine.simulate.careers import Mode
from renshe.engine.simulate.errors.contributions import plain
from renshe.engine.simulate.errors.payouts import running
from renshe.engine.simulate.errors.persons import alive
from renshe.engine.simulate.errors.registry import Case, error
from renshe.engine.simulate.model import Mask


def _spoil(id: str, table: str, name: str, systems: tuple[str, ...], text: str, among: Callable[[Case], Mask]) -> None:
    def apply(case: Case, n: int) -> None:
        rows = case.pick(among(case), n)
        case.rows.raw.setdefault(name, []).extend((int(at), text) for at in rows)
        case.mark(rows)

    error(id, table, name, systems)(apply)


def _joined(case: Case) -> Mask:
    return np.asarray((case.rows["kind"] == "11") & (case.rows["_person"] >= 0))


def _paying(case: Case) -> Mask:
    return np.asarray(case.rows["status"] == 1)


def _alone(case: Case) -> Mask:
    """Flexible payers: no ledger sums their rows."""
    return np.asarray(plain(case) & (case.rows["_payer"] == Mode.FLEXIBLE))


def _unnamed(case: Case, n: int) -> None:
    """An insurance that no list has."""
    rows = case.pick(_joined(case), n)
    case.set(rows, 999)


_spoil("GEN-DATE", "person", "birth_date", ("medical",), "1989-13-45", alive)
_spoil("GEN-DATE", "person", "work_start_date", ("pension",), "不详", alive)
_spoil("GEN-DATE", "change", "date", ("pension", "medical"), "20200231", _joined)
_spoil("GEN-MONTH", "enrolment", "first_month", ("pension", "medical"), "201513", _paying)
_spoil("GEN-MONTH", "benefit", "end_month", ("pension",), "长期", running)
_spoil("GEN-NUMBER", "contribution", "base", ("pension",), "三千五百元", _alone)
_spoil("GEN-NUMBER", "benefit", "amount", ("pension",), "壹仟元", running)
_spoil("GEN-CODE-SEX", "person", "sex", ("pension", "medical", "resident"), "X", alive)
_spoil("GEN-CODE", "person", "ethnicity", ("pension",), "88", alive)
_spoil("GEN-CODE", "enrolment", "payer_kind", ("pension",), "协保人员", _paying)
error("GEN-CODE-INSURANCE", "change", "insurance", ("pension",))(_unnamed)

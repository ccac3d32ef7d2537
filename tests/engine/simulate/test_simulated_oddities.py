"""Every lawful oddity of the contracts is among the clean rows: what is unusual must not be called wrong."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from renshe.engine.simulate.block import Block
from renshe.engine.simulate.careers import OPEN
from renshe.engine.simulate.model import NULL, Rows

Look = Callable[[Block], np.ndarray]


def contributions(block: Block, system: str = "pension") -> Rows:
    """Contribution rows of a system."""
    return block.tables[system, "contribution"]


def _two_employers(block: Block) -> np.ndarray:
    rows = contributions(block)
    at = (rows["insurance"] == 410) & (rows["kind"] == 10)
    _, counts = np.unique(rows["_person"][at] * 1_000_000 + rows["period"][at], return_counts=True)
    return np.asarray(counts == 2)


def _late_payers(block: Block) -> np.ndarray:
    rows = contributions(block)
    retire = block.people.retire[rows["_person"]]
    return np.asarray((rows["_month"] > retire) & (block.lives.retired[rows["_person"]] == OPEN) & (rows["kind"] == 10))


def _pensioners(block: Block) -> np.ndarray:
    rows = block.tables["pension", "enrolment"]
    return np.asarray((rows["enrol_status"] == 1) & (rows["status"] == 3))


def _not_paying(block: Block) -> np.ndarray:
    rows = block.tables["medical", "enrolment"]
    return np.asarray((rows["status"] == 4) & (rows["insurance"] == 310))


def _negative(block: Block, kind: int) -> np.ndarray:
    rows = contributions(block)
    return np.asarray((rows["kind"] == kind) & (rows["person_due"] < 0))


ODDITIES: dict[str, Look] = {
    "flexible workers pay without a unit": lambda b: (
        (contributions(b)["unit_no"] == NULL) & (contributions(b)["person_rate"] == 2000)
    ),
    "flexible workers pay 20 % and 8 % is credited": lambda b: (
        (contributions(b)["person_rate"] == 2000)
        & (contributions(b)["person_credited"] * 2 < contributions(b)["person_paid"])
        & (contributions(b)["person_credited"] > 0)
    ),
    "agents pay through a window": lambda b: (
        (contributions(b)["unit_no"] != NULL) & (contributions(b)["person_rate"] == 2000)
    ),
    "residents pay yearly without a base": lambda b: (
        (contributions(b, "resident")["period"] % 100 == 0) & (contributions(b, "resident")["base"] == NULL)
    ),
    "residents' medical insurance is paid yearly": lambda b: (
        (contributions(b, "medical")["insurance"] == 390) & (contributions(b, "medical")["period"] % 100 == 0)
    ),
    "government adds a subsidy": lambda b: contributions(b, "resident")["kind"] == 9004,
    "arrears are paid back": lambda b: contributions(b)["kind"] == 31,
    "refunds are negative": lambda b: _negative(b, 18),
    "reversals are negative": lambda b: _negative(b, 9001),
    "differences are paid": lambda b: contributions(b)["kind"] == 13,
    "a month is paid in advance": lambda b: contributions(b)["book_month"] < contributions(b)["period"],
    "fees have not arrived yet": lambda b: contributions(b)["arrived"] == 0,
    "older months are one row": lambda b: contributions(b)["kind"] == 23,
    "deemed months are one row": lambda b: contributions(b)["kind"] == 9005,
    "months were brought along": lambda b: contributions(b)["kind"] == 9002,
    "the unemployment fund pays medical insurance": lambda b: contributions(b, "medical")["_payer"] == 3,
    "two employers insure against injury": _two_employers,
    "people pay beyond retirement age": _late_payers,
    "pensioners show 1 and 3": _pensioners,
    "retirees are insured without paying": _not_paying,
    "numbers of fifteen digits": lambda b: np.strings.str_len(b.people.id_number) == 15,
    "a region that no list has": lambda b: b.people.region == "220899",
    "residence permits": lambda b: b.people.id_type == "17",
    "foreigners": lambda b: b.people.id_type == "08",
    "names with a middle dot": lambda b: np.strings.find(b.people.name, "·") > 0,
    "characters beyond GBK": lambda b: b.people.rare,
    "file birth date differs from the card": lambda b: (
        ~np.isnat(b.people.file_birth) & (b.people.file_birth != b.people.birth)
    ),
    "special work retires early": lambda b: b.people.early,
    "left the residents' scheme for work": lambda b: b.tables["resident", "enrolment"]["end_reason"] == "6407",
    "benefits are paused": lambda b: b.tables["pension", "benefit"]["status"] == 2,
    "a bank returned a payment": lambda b: b.tables["pension", "benefit_payment"]["kind"] == "returned",
    "months until approval are paid back": lambda b: b.tables["pension", "benefit_payment"]["kind"] == "back",
    "payments after a death": lambda b: b.tables["pension", "benefit"]["item"] == "H101",
    "rows are voided": lambda b: b.tables["pension", "enrolment"]["valid"] == 0,
    "rows are frozen with a reason": lambda b: b.tables["pension", "person"]["hold"] == 1,
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_clean_rows_hold_the_oddity(block: Block, oddity: str) -> None:
    assert ODDITIES[oddity](block).any()


def test_a_pensioner_has_no_open_relation_in_any_pension_scheme(block: Block) -> None:
    """The oddities stay oddities: nobody is active in two pension schemes."""
    active = []
    for system in ("pension", "resident"):
        rows = block.tables[system, "enrolment"]
        at = (rows["status"] == 1) & np.isin(rows["insurance"], (110, 120, 170))
        if "valid" in rows.columns:
            at &= rows["valid"] == 1
        active.append(rows["_person"][at])
    assert len(np.unique(np.concatenate(active))) == len(np.concatenate(active))

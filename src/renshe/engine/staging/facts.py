"""Facts: what is expensive to know about a row, computed once, column-wise, so that rules only compare.

Each function takes the typed columns of one table and returns its facts in the order of ``schema.facts``.

Invariant: a fact is a pure function of its own row; it says nothing of other rows and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from renshe.engine.schema import RATE, facts
from renshe.policy.retirement import statutory_months
from renshe.standards import names, text
from renshe.standards.codes import attribute_array
from renshe.standards.identity_bulk import id_facts, org_code_states, uscc_states

Columns = Mapping[str, pa.Array]


Spoken = Mapping[str, str]


def compute_facts(table: str, columns: Columns, as_of: date, spoken: Spoken | None = None) -> dict[str, pa.Array]:
    """Return the facts of ``table`` for its typed ``columns`` as of ``as_of``.

    ``spoken`` maps fields to the field code of their column, where codes are read by it.
    """
    compute = _FACTS.get(table)
    found = compute(columns, as_of, spoken or {}) if compute is not None else {}
    return {name: found[name].cast(kind) for name, kind in facts(table).items()}


def _months(dates: pa.Array) -> npt.NDArray[np.int64]:
    """Return yyyymm of dates, 0 where null."""
    month = pc.add(pc.multiply(pc.year(dates), 100), pc.month(dates))
    months: npt.NDArray[np.int64] = pc.fill_null(month, 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return months


def _retirement(columns: Columns, birth: pa.Array, sex: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the earliest and latest month of normal statutory retirement (国发〔1978〕104号; 2024 decision).

    Retirement follows the earliest record in the file; where sex, post or birth date leave it open the span widens.
    """
    first, second = _months(birth), _months(columns["file_birth_date"])
    earlier = np.where(second > 0, np.minimum(np.where(first > 0, first, second), second), first)
    later = np.maximum(first, second)
    woman = pc.fill_null(pc.equal(sex, "2"), False).to_numpy(zero_copy_only=False)
    man = pc.fill_null(pc.equal(sex, "1"), False).to_numpy(zero_copy_only=False)
    low = np.where(man, statutory_months("male", earlier), statutory_months("female_50", earlier))
    high = np.where(woman, statutory_months("female_55", later), statutory_months("male", later))

    def months(values: npt.NDArray[np.int64]) -> pa.Array:
        return pa.array(values.astype(np.int32), mask=values <= 0)

    return months(low), months(high)


def _name_key(written: pa.Array) -> pa.Array:
    """Return a personal name as it is compared: no blanks, no middle dots, one case."""
    return pc.utf8_upper(pc.replace_substring_regex(written, "[ ·]", ""))


def _person(columns: Columns, as_of: date, spoken: Spoken) -> dict[str, pa.Array]:
    identity = id_facts(columns["id_number"], on=as_of)
    id_birth, id_sex = identity.birth, identity.sex.cast(pa.string())
    birth = pc.coalesce(id_birth, columns["birth_date"])
    earliest, latest = _retirement(columns, birth, pc.coalesce(id_sex, columns["sex"]))
    return {
        "_id_state": identity.state.cast(pa.string()),
        "_id17": identity.id17.cast(pa.string()),
        "_id_birth": id_birth,
        "_id_sex": id_sex,
        "_birth": birth,
        "_retire_from": earliest,
        "_retire_to": latest,
        "_name_state": names.name_states(columns["name"]),
        "_name_key": _name_key(columns["name"]),
        "_holder_key": _name_key(columns["bank_holder"]),
    }


def _unit(columns: Columns, as_of: date, spoken: Spoken) -> dict[str, pa.Array]:
    code = pc.replace_substring(columns["org_code"], "-", "")
    inside = pc.utf8_slice_codeunits(columns["uscc"], 8, 17)
    states = uscc_states(columns["uscc"]).cast(pa.string())
    held = pc.if_else(pc.fill_null(pc.equal(states, "valid"), False), inside, pa.scalar(None, pa.string()))
    return {
        "_uscc_state": states,
        "_org_code_state": org_code_states(columns["org_code"]).cast(pa.string()),
        "_name_state": names.unit_name_states(columns["name"]),
        "_name_key": text.unit_name_keys(columns["name"]),
        "_org_code": pc.coalesce(code, held),
    }


def _change(columns: Columns, as_of: date, spoken: Spoken) -> dict[str, pa.Array]:
    return {
        "_kind_class": attribute_array("change_kind", columns["kind"], "meaning_class", spoken.get("kind")),
        "_reason_class": attribute_array("change_reason", columns["reason"], "meaning_class"),
    }


def _enrolment(columns: Columns, as_of: date, spoken: Spoken) -> dict[str, pa.Array]:
    # Where nothing says whether they pay, that they are enrolled says it.
    paying = pc.if_else(
        columns["status"].is_valid(),
        pc.is_in(columns["status"], value_set=pa.array(["1", "4"])),
        pc.fill_null(pc.equal(columns["enrol_status"], "1"), False),
    )
    month = as_of.year * 100 + as_of.month
    ended = pc.fill_null(pc.less(columns["end_month"], month), False)
    return {
        "_active": pc.and_(paying, pc.invert(ended)),
        "_end_class": attribute_array("change_reason", columns["end_reason"], "meaning_class"),
    }


def _rate(values: pa.Array) -> pa.Array:
    return values.cast(RATE)


def _contribution(columns: Columns, as_of: date, spoken: Spoken) -> dict[str, pa.Array]:
    kind = columns["kind"]
    derived = attribute_array("contribution_kind", kind, "kind_class", spoken.get("kind"))
    # A kind that no list knows is none of ours to judge; no kind at all is an ordinary monthly row.
    otherwise = pc.if_else(kind.is_valid(), "other", "normal")
    return {
        "_kind": pc.coalesce(columns["kind_class"], derived, otherwise),
        "_arrived": pc.fill_null(pc.not_equal(columns["arrived"], "0"), True),
        "_unit_rate": _rate(columns["unit_rate"]),
        "_person_rate": _rate(columns["person_rate"]),
    }


_FACTS: dict[str, Callable[[Columns, date, Spoken], dict[str, pa.Array]]] = {
    "person": _person,
    "unit": _unit,
    "unit_enrolment": lambda columns, as_of, spoken: {"_rate": _rate(columns["rate"])},
    "enrolment": _enrolment,
    "change": _change,
    "contribution": _contribution,
    "benefit": lambda columns, as_of, spoken: {"_payee_key": _name_key(columns["payee"])},
}


# Months that the contracts derive from a date of the same row.
DERIVED = {"enrolment": {"start_month": "start_date", "end_month": "end_date"}}


def derive(table: str, columns: dict[str, pa.Array]) -> None:
    """Fill, in place, the fields that the contracts derive: months of an enrolment from its dates."""
    for month, day in DERIVED.get(table, {}).items():
        from_date = pc.add(pc.multiply(pc.year(columns[day]), 100), pc.month(columns[day])).cast(pa.int32())
        columns[month] = pc.coalesce(columns[month], from_date)

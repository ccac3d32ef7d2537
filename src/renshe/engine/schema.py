"""What columns a staged table has: the dictionary's fields, then facts, then where the row came from.

A fact is an expensive truth about a row, computed once at staging and only compared by rules. Declaring facts here,
apart from their computation, lets rules be checked without any data.

Invariant: every staged Parquet file has exactly ``columns(table)``, in this order.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

import pyarrow as pa

from renshe.standards.dictionary import FieldType, table

Kind = Literal["text", "int", "decimal", "date", "bool"]

MONEY = pa.decimal128(18, 2)
RATE = pa.decimal128(9, 6)

_KINDS: dict[FieldType, Kind] = {
    "text": "text",
    "code": "text",
    "rate": "text",
    "date": "date",
    "month": "int",
    "year": "int",
    "int": "int",
    "money": "decimal",
}
_ARROW: dict[FieldType, pa.DataType] = {
    "text": pa.string(),
    "code": pa.string(),
    "rate": pa.string(),
    "date": pa.date32(),
    "month": pa.int32(),
    "year": pa.int32(),
    "int": pa.int32(),
    "money": MONEY,
}
_FACTS: dict[str, dict[str, pa.DataType]] = {
    "person": {
        "_id_state": pa.string(),
        "_id17": pa.string(),
        "_id_birth": pa.date32(),
        "_id_sex": pa.string(),
        "_birth": pa.date32(),
        "_retire_from": pa.int32(),
        "_retire_to": pa.int32(),
        "_name_state": pa.string(),
        "_name_key": pa.string(),
        "_holder_key": pa.string(),
    },
    "unit": {
        "_uscc_state": pa.string(),
        "_org_code_state": pa.string(),
        "_name_state": pa.string(),
        "_name_key": pa.string(),
        "_org_code": pa.string(),
    },
    "unit_enrolment": {"_rate": RATE},
    "enrolment": {"_active": pa.bool_(), "_end_class": pa.string()},
    "change": {"_kind_class": pa.string(), "_reason_class": pa.string()},
    "contribution": {
        "_kind": pa.string(),
        "_arrived": pa.bool_(),
        "_unit_rate": RATE,
        "_person_rate": RATE,
    },
    "benefit": {"_payee_key": pa.string()},
}

PLACE: dict[str, pa.DataType] = {
    "system": pa.string(),
    "source_file": pa.string(),
    "source_row": pa.int64(),
    "raw": pa.map_(pa.string(), pa.string()),
}


def facts(name: str) -> dict[str, pa.DataType]:
    """Return the facts of table ``name`` with their Arrow types."""
    return _FACTS.get(name, {})


@lru_cache(maxsize=32)
def columns(name: str) -> dict[str, pa.DataType]:
    """Return every column of the staged table ``name`` with its Arrow type, in order."""
    fields = {field.name: _ARROW[field.type] for field in table(name).fields}
    return {**fields, **PLACE, **facts(name)}


def _kind_of(arrow: pa.DataType) -> Kind:
    if pa.types.is_decimal(arrow):
        return "decimal"
    if pa.types.is_integer(arrow):
        return "int"
    if pa.types.is_date(arrow):
        return "date"
    if pa.types.is_boolean(arrow):
        return "bool"
    return "text"


@lru_cache(maxsize=32)
def kinds(name: str) -> dict[str, Kind]:
    """Return the kind of every column that a rule over ``name`` may read."""
    fields = {field.name: _KINDS[field.type] for field in table(name).fields}
    own = {fact: _kind_of(arrow) for fact, arrow in facts(name).items()}
    return {**fields, **own, "system": "text", "_system_kind": "text"}


# Systems that an agency compares with and never cleans (contracts.md); a suffix may tell extracts apart (backup_2020).
_COMPARED = re.compile(
    r"^(police|civil|market|tax|cremation|prison|backup|court|health|bank|education|province|compare)(?![a-z])"
)


_FAMILY = re.compile(r"[a-z]+")


def system_family(system: str) -> str:
    """Return what a system is without what tells its extracts apart: backup of ``backup_2020``."""
    found = _FAMILY.match(system)
    return found[0] if found else system


def system_kind(system: str) -> str:
    """Return ``compare`` for a system that is only compared with, else ``business``."""
    return "compare" if _COMPARED.match(system) else "business"

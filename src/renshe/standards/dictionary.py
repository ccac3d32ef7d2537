"""The data dictionary: which tables and fields exist, what they are called and how they are typed.

Source: GB/T 40217-2021 (field codes and layouts), LD/T 92-2013 (code names) and the platform interfaces in use.
Everything that needs to know a field (import mapping, rules, templates, masks, reports) asks this module, so a
field is declared once, in ``data/dictionary/<table>.yaml``.

Invariant: names are unique inside a table, key fields exist, and every coded field names its code list.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml

FieldType = Literal["text", "code", "date", "month", "year", "money", "int", "rate"]
Protection = Literal["A", "B", "C"]

TABLES = (
    "unit",
    "unit_enrolment",
    "person",
    "enrolment",
    "change",
    "contribution",
    "unit_ledger",
    "account",
    "benefit",
    "benefit_payment",
    "transfer",
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a standard table.

    ``code`` is the GB/T 40217 or platform code ("" where there is none), ``codes`` the name of its code list,
    ``mandatory`` whether a record without it is refused admission, ``protection`` A file, B account, C benefit.
    """

    name: str
    label: str
    type: FieldType
    code: str = ""
    length: int | None = None
    codes: str | None = None
    aliases: tuple[str, ...] = ()
    mandatory: bool = False
    protection: Protection = "A"
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One standard table: its own fields first, then the fields every table may carry.

    ``key`` identifies a row inside one system; ``key_else`` is used where the first field of ``key`` is absent.
    """

    name: str
    label: str
    key: tuple[str, ...]
    key_else: tuple[str, ...]
    owner: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """Return the field called ``name``; KeyError when the table has none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.name}.{name}")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all fields, in order."""
        return tuple(field.name for field in self.fields)


def _field(data: dict[str, Any], owner: str) -> Field:
    known = {**data, "aliases": tuple(data.get("aliases", ())), "owner": data.get("owner", owner)}
    return Field(**known)


def _read(name: str) -> str:
    return resources.files("renshe.standards").joinpath(f"data/dictionary/{name}.yaml").read_text("utf-8")


@lru_cache(maxsize=1)
def dictionary() -> dict[str, Table]:
    """Return every standard table by name, in the order of ``TABLES``."""
    common = yaml.load(_read("_common"), Loader=yaml.CSafeLoader)["fields"]
    return {name: _table(name, common) for name in TABLES}


def _table(name: str, common: list[dict[str, Any]]) -> Table:
    data = yaml.load(_read(name), Loader=yaml.CSafeLoader)
    fields = tuple(_field(item, data["owner"]) for item in [*data["fields"], *common])
    names = [field.name for field in fields]
    if len(set(names)) != len(names):
        raise ValueError(f"dictionary table {name}: a field name is declared twice")
    table = Table(
        name=data["table"],
        label=data["label"],
        key=tuple(data["key"]),
        key_else=tuple(data.get("key_else", ())),
        owner=data["owner"],
        fields=fields,
    )
    for part in (*table.key, *table.key_else):
        table.field(part)
    return table


@lru_cache(maxsize=1)
def parameter_table() -> Table:
    """Return the layout of the project table ``parameter``: it is loaded like a table and never cleaned."""
    return _table("parameter", [])


def table(name: str) -> Table:
    """Return the table ``name``, a standard one or ``parameter``; KeyError when there is none."""
    return parameter_table() if name == "parameter" else dictionary()[name]


@lru_cache(maxsize=1)
def dictionary_version() -> str:
    """Return a short digest of the dictionary's own text: staged tables are cached under it."""
    digest = hashlib.sha256()
    for name in ("_common", *TABLES, "parameter"):
        digest.update(_read(name).encode("utf-8"))
    return digest.hexdigest()[:16]

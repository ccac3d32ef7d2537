"""Where differences are gathered: one row for each field in which the two sides of a pair do not say the same.

Invariant: a row of ``diff`` names both sides alike (``l_``, ``r_``) and says nothing of who is right but by ``proof``;
whoever gathers leaves out what one side cannot know.
"""

from __future__ import annotations

from renshe.engine.comparing.sides import Bench
from renshe.engine.rules.findings import key_sql
from renshe.standards.codes import code_list
from renshe.standards.dictionary import dictionary, table

_OF_SIDE = ("key VARCHAR", "file VARCHAR", "row BIGINT", "value VARCHAR", "take VARCHAR", "shown VARCHAR")


def open_gathering(bench: Bench) -> None:
    """Create the table ``diff``.

    ``key``, ``file``, ``row``: the row on which the value stands; ``take``: what it should be if the other side is
    right (where that is not the other's value); ``shown``: the value as people read it, where that differs. ``proof``:
    -1 the left side is proved right, 1 the right one, with ``proof_why``. ``what`` the difference is about (a year, a
    scheme), ``note`` what else is to be known.
    """
    sides = ", ".join(f"{at}_{column}" for at in ("l", "r") for column in _OF_SIDE)
    bench.connection.execute(
        f'CREATE TEMP TABLE diff (rule VARCHAR, "table" VARCHAR, field VARCHAR, pair BIGINT, {sides},'
        " proof TINYINT, proof_why VARCHAR, what VARCHAR, note VARCHAR)"
    )


def gather(bench: Bench, rule: str, name: str, field: str | None, select: str) -> None:
    """Add what ``select`` (SQL of further columns by name) finds as differences of ``field`` of the table ``name``.

    Where no field is given ``select`` tells it, or the difference is one of whole rows.
    """
    told = "" if field is None else f", '{dictionary()[name].field(field).name}' AS field"
    bench.connection.execute(
        f"INSERT INTO diff BY NAME SELECT '{rule}' AS rule, '{name}' AS \"table\"{told}, * FROM ({select})"
    )


def own_rows(columns: str = "") -> str:
    """Return SQL of the places of persons' own rows, of a relation with the columns of ``pair``."""
    places = ", ".join(f"CAST(json_array({at}_no) AS VARCHAR) AS {at}_key, {at}_file, {at}_row" for at in ("l", "r"))
    return f"n AS pair, {places}{columns}"


def row_key(name: str, alias: str = "t") -> str:
    """Return SQL of the key of a row of the table ``name``."""
    return key_sql(name, alias)


def labelled(name: str, field: str, value: str) -> str:
    """Return SQL of a coded value as people read it."""
    codes = table(name).field(field).codes
    assert codes is not None
    whens = " ".join(f"WHEN '{code.value}' THEN '{code.label}'" for code in code_list(codes).values.values())
    return f"CASE {value} {whens} ELSE {value} END"

"""Who is linked: persons and units; what of a record a clerk sees beside another.

Invariant: a record is shown as the standard tables hold it, the fullest row where several share a number: the one that
was compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from renshe.engine.linking.facts import FIELDS, fullest_sql
from renshe.engine.report.problems import case_sql
from renshe.engine.rules.compiling import quote
from renshe.standards.codes import code_list
from renshe.standards.dictionary import dictionary

_LABELS = {"id_number": "证件号码", "unit_name": "单位名称"}
_DIGITS = 12
_PLACE = re.compile(r"row:(.*):(\d+)")


@dataclass(frozen=True, slots=True)
class Entity:
    """Persons or units: ``name`` is their table, ``number`` the field that their records are known by.

    ``counted`` is the word they are counted with, ``compared`` are the fields that links look at, ``shown`` those that
    are set side by side.
    """

    name: str
    label: str
    counted: str
    number: str
    compared: tuple[str, ...]
    shown: tuple[str, ...]

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the Chinese names of the fields shown."""
        known = dictionary()[self.name]
        return {name: _LABELS.get(name) or known.field(name).label for name in self.shown}

    @property
    def number_label(self) -> str:
        """Return the Chinese name of the number."""
        return dictionary()[self.name].field(self.number).label


ENTITIES: Mapping[str, Entity] = {
    one.name: one
    for one in (
        Entity(
            "person",
            "人员",
            "人",
            "person_no",
            tuple(FIELDS),
            ("name", "id_number", "birth_date", "sex", "unit_name", "phone", "address", "bank_account"),
        ),
        Entity(
            "unit",
            "单位",
            "个单位",
            "unit_no",
            ("name", "uscc", "org_code", "legal_rep", "phone", "address"),
            ("name", "uscc", "org_code", "legal_rep", "phone", "address"),
        ),
    )
}


def hold_sides(connection: duckdb.DuckDBPyConnection, entity: Entity, tables: Path, wanted: str) -> None:
    """Leave the table ``side``: of the records whose system and key the SQL ``wanted`` yields, the fields shown, as
    texts (null where empty)."""
    own = [name for name in entity.shown if name != "unit_name"]
    fields = [*own, "unit_no"] if "unit_name" in entity.shown else own
    shown = [_text_sql(entity, name) for name in entity.shown]
    units = "(SELECT NULL AS system, NULL AS unit_no, NULL AS name LIMIT 0)"
    if (tables / "unit.parquet").exists():
        units = f"read_parquet({quote(str(tables / 'unit.parquet'))})"
    rows = fullest_sql(tables / f"{entity.name}.parquet", entity.number, entity.compared, fields, "wanted")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE wanted AS SELECT DISTINCT system, key FROM ({wanted});
        CREATE OR REPLACE TEMP TABLE side AS
            WITH rows AS ({rows}),
            unit_names AS (SELECT system, unit_no, any_value(name) AS unit_name FROM {units} GROUP BY ALL)
            SELECT r.system, r.key, {", ".join(shown)} FROM rows r
            {"LEFT JOIN unit_names u USING (system, unit_no)" if "unit_name" in entity.shown else ""};
        DROP TABLE wanted""")


def shown_number(key: str) -> str:
    """Return a record's number; of a record without one, where it stands."""
    found = _PLACE.fullmatch(key)
    return f"{found[1]} 第 {found[2]} 行（无编号）" if found else key


def number_sql(column: str) -> str:
    """Return the SQL that does what ``shown_number`` does."""
    return f"regexp_replace({column}, '^{_PLACE.pattern}$', '\\1 第 \\2 行（无编号）')"


def _text_sql(entity: Entity, name: str) -> str:
    if name == "unit_name":
        return "coalesce(unit_name, unit_no) AS unit_name"
    codes = dictionary()[entity.name].field(name).codes
    if codes is None:
        return f"nullif(trim(r.{name}::VARCHAR), '') AS {name}"
    labels = case_sql({value: told.label for value, told in code_list(codes).values.items()})
    return f"CASE r.{name} {labels} ELSE r.{name} END AS {name}"


def digest_sql(entity: Entity, left: str = "l", right: str = "r") -> str:
    """Return SQL of the digest of two rows of ``side``: an answer is to what was shown."""
    told = ", ".join(f"coalesce({side}.{name}, '')" for side in (left, right) for name in entity.shown)
    return f"left(md5(concat_ws(chr(31), {told})), {_DIGITS})"

"""Who is linked: persons and units; what of a record a clerk sees beside another.

Invariant: a record is shown as the standard tables hold it, the fullest row where several share a number: the one that
was compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from renshe.engine.linking.facts import PERSON_FIELDS, records_sql
from renshe.engine.linking.units import UNIT_FIELDS, UNIT_KEY
from renshe.engine.report.problems import case_sql
from renshe.engine.rounds.finished import Finished
from renshe.engine.rules.compiling import quote
from renshe.standards.codes import code_list
from renshe.standards.dictionary import dictionary

_LABELS = {"id_number": "证件号码", "unit_name": "单位名称"}
_DIGITS = 12
_NO_UNITS = "(SELECT NULL::VARCHAR AS system, NULL::VARCHAR AS unit_no, NULL::VARCHAR AS name LIMIT 0)"
_PLACE = re.compile(r"row:(?:(.*):)?(\d+)")


@dataclass(frozen=True, slots=True)
class Entity:
    """Persons or units: ``name`` is their table, ``number`` the field that their records are known by.

    ``one`` says that two records are the same, ``counted`` is the word they are counted with, ``files`` what the names
    of their files in a link begin with; ``compared`` are the fields that links look at, ``shown`` those that are set
    side by side.
    """

    name: str
    label: str
    one: str
    counted: str
    files: str
    number: str
    compared: tuple[str, ...]
    shown: tuple[str, ...]

    @property
    def answers(self) -> Mapping[str, str]:
        """Return what clerks may say of two records, by kind."""
        return {"same": self.one, "different": f"不是{self.one}", "unsure": "无法确定"}

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
            "同一人",
            "人",
            "",
            "person_no",
            tuple(PERSON_FIELDS),
            ("name", "id_number", "birth_date", "sex", "unit_name", "phone", "address", "bank_account"),
        ),
        Entity(
            "unit",
            "单位",
            "同一单位",
            "个单位",
            "unit_",
            "unit_no",
            tuple(UNIT_FIELDS),
            ("name", "uscc", "org_code", "legal_rep", "phone", "address"),
        ),
    )
}


def hold_sides(connection: duckdb.DuckDBPyConnection, entity: Entity, finished: Finished, wanted: str) -> None:
    """Leave the table ``side``: of the records whose system and key the SQL ``wanted`` yields, the fields shown, as
    texts (null where empty), and whether the record is ``there``: some units are only named by people."""
    own = [name for name in entity.shown if name != "unit_name"]
    fields = [*own, "unit_no"] if "unit_name" in entity.shown else own
    file = finished.folder / "tables" / f"{entity.name}.parquet"
    key = finished.record_key() if entity.name == "person" else UNIT_KEY
    nothing = ", ".join(f"NULL::VARCHAR AS {name}" for name in ("system", "key", *fields))
    rows = records_sql(file, key, entity.compared, fields, "wanted") if file.exists() else f"SELECT {nothing} LIMIT 0"
    shown = ", ".join(_text_sql(entity, name) for name in entity.shown)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE wanted AS SELECT DISTINCT system, key FROM ({wanted});
        CREATE OR REPLACE TEMP TABLE side AS
            WITH rows AS (SELECT *, TRUE AS there FROM ({rows}))
            SELECT w.system, w.key, r.there IS NOT NULL AS there, {shown}
            FROM wanted w LEFT JOIN rows r USING (system, key) {_unit_names(finished) if fields != own else ""};
        DROP TABLE wanted""")


def _unit_names(finished: Finished) -> str:
    """Return the SQL that joins the names of units."""
    file = finished.folder / "tables" / "unit.parquet"
    rows = f"read_parquet({quote(str(file))})" if file.exists() else _NO_UNITS
    names = f"SELECT system, unit_no, any_value(name) AS unit_name FROM {rows} GROUP BY ALL"
    return f"LEFT JOIN ({names}) u ON u.system = w.system AND u.unit_no = r.unit_no"


def shown_number(key: str) -> str:
    """Return a record's number; of a record without one, where it stands."""
    found = _PLACE.fullmatch(key)
    return f"{found[1] or ''} 第 {found[2]} 行（无编号）".strip() if found else key


def number_sql(column: str) -> str:
    """Return the SQL that does what ``shown_number`` does."""
    return f"trim(regexp_replace({column}, '^{_PLACE.pattern}$', '\\1 第 \\2 行（无编号）'))"


def _text_sql(entity: Entity, name: str) -> str:
    if name == "unit_name":
        return "coalesce(u.unit_name, r.unit_no) AS unit_name"
    codes = dictionary()[entity.name].field(name).codes
    if codes is None:
        return f"nullif(trim(r.{name}::VARCHAR), '') AS {name}"
    labels = case_sql({value: told.label for value, told in code_list(codes).values.items()})
    return f"CASE r.{name} {labels} ELSE r.{name} END AS {name}"


def digest_sql(entity: Entity, left: str = "l", right: str = "r") -> str:
    """Return SQL of the digest of two rows of ``side``: an answer is to what was shown."""
    told = ", ".join(f"coalesce({side}.{name}, '')" for side in (left, right) for name in entity.shown)
    return f"left(md5(concat_ws(chr(31), {told})), {_DIGITS})"

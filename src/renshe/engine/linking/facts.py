"""What is compared of people: one record per system and number, its facts worked out column by column.

Business rule: 业务系统之间同一参保人的编号、写法不同 — records are compared by what they mean, not by how a system
writes it: numbers of 15 digits with their century, names without traditional forms, blanks and dots. A number is
*proved* where region, date and check digit are right (GB 11643); a *formed* one may also have 15 digits, which prove
less.

Invariant: a fact is a pure function of its own record, but for ``settled`` and for what too many people bear to be
anybody's own. Every row that counts belongs to one record; rows taken out by decisions (``valid`` 0) to none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from renshe.engine.linking.candidates import Dropped
from renshe.engine.rounds.finished import Finished
from renshe.engine.rules.compiling import quote
from renshe.engine.schema import columns
from renshe.standards.folding import simple_names
from renshe.standards.identity_bulk import id_facts
from renshe.standards.pinyin import given_names, name_pinyins, name_sounds, surnames
from renshe.standards.placeholders import (
    NO_DATES,
    told_accounts,
    told_addresses,
    told_ids,
    told_names,
    told_phones,
)

# A number that does not hold and that people of more names than this bear is nobody's.
_NAMES = 2
# A telephone or an account serves a household; what people of more names than this bear is an office's or nobody's.
_HOME = 8
_OWN = ("phone", "account")
# Facts that are the same or not: a number stands for their text.
_ALIKE = ("phone", "account", "address", "sound")
PERSON_FIELDS = "id_number name sex birth_date unit_no phone bank_account address household_code".split()


def read_people(connection: duckdb.DuckDBPyConnection, finished: Finished) -> pa.Table:
    """Return the records of people of a round: system, key and the fields that are compared.

    Of several rows with one number the fullest stands for all. Rows without a number are records of their own.
    """
    return read_records(connection, finished, "person", finished.record_key(), PERSON_FIELDS)


def read_records(
    connection: duckdb.DuckDBPyConnection, finished: Finished, table: str, key: str, fields: Sequence[str]
) -> pa.Table:
    """Return ``fields`` of the rows of ``table`` that count, one row for each system and ``key`` (SQL): the fullest."""
    file = finished.folder / "tables" / f"{table}.parquet"
    if not file.exists():
        return pa.schema(
            [(name, columns(table).get(name, pa.string())) for name in ("system", "key", *fields)]
        ).empty_table()
    return connection.sql(f"FROM ({records_sql(file, key, fields)}) ORDER BY system, key").to_arrow_table()


def records_sql(
    file: Path, key: str, compared: Sequence[str], shown: Sequence[str] = (), wanted: str | None = None
) -> str:
    """Return SQL of the records of a standard table, known by ``key`` (SQL): of each the fullest row by what is
    ``compared``, with ``shown`` or else all of that; only those of the relation ``wanted``, if it is given."""
    filled = " + ".join(f"({name} IS NOT NULL)::INT" for name in compared)
    some = "" if wanted is None else f" SEMI JOIN {wanted} USING (system, key)"
    rows = f"(SELECT *, {key} AS key FROM read_parquet({quote(str(file))}) WHERE valid IS DISTINCT FROM '0'){some}"
    # Nearly every record has one row: only the others are laid in order.
    return f"""
        WITH rows AS (SELECT *, hash(system, key) AS place FROM {rows}),
        twice AS (SELECT place FROM rows GROUP BY place HAVING count(*) > 1)
        SELECT system, key, {", ".join(shown or compared)} FROM rows WHERE place NOT IN (FROM twice)
        UNION ALL
        SELECT system, key, {", ".join(shown or compared)} FROM rows WHERE place IN (FROM twice)
        QUALIFY row_number() OVER (PARTITION BY system, key ORDER BY {filled} DESC, source_file, source_row) = 1"""


def person_facts(records: pa.Table, as_of: date) -> pa.Table:
    """Return the facts of ``records`` (as ``read_people`` gives them), in their order; ``rid`` is the place in it."""
    column = {name: records[name] for name in records.schema.names}
    # Numbers are typed in groups, as they stand on cards, and with a note behind.
    written = pc.replace_substring_regex(
        column["id_number"].combine_chunks(), r"[\s\x{3000}]+|[（(][^()（）]*[)）]$", ""
    )
    identity = id_facts(written, on=as_of)
    state = identity.state.cast(pa.string())
    proved = pc.is_in(state, value_set=pa.array(["valid", "foreign"]))
    formed = pc.or_(proved, pc.fill_null(pc.equal(state, "old"), False))
    text = told_ids(pc.ascii_upper(written), formed)
    birth_id = _date_text(identity.birth)
    sex_id = identity.sex.cast(pa.string())
    sex = pc.if_else(
        pc.is_in(column["sex"], value_set=pa.array(["1", "2"])), column["sex"], pa.scalar(None, pa.string())
    )
    facts = {
        "rid": pa.array(np.arange(len(records), dtype=np.int64)),
        "system": column["system"],
        "key": column["key"],
        "number_text": text,
        "number": _numbers(identity.id17, text),
        "proved": proved,
        "formed": formed,
        "birth_id": birth_id,
        "sex_id": sex_id,
        **_name_facts(column["name"].combine_chunks()),
        "birth": pc.coalesce(_known_date_text(column["birth_date"].combine_chunks(), as_of), birth_id),
        "sex": pc.coalesce(sex, sex_id),
        "unit_no": column["unit_no"],
        "phone": told_phones(column["phone"].combine_chunks()),
        "account": told_accounts(column["bank_account"]),
        "address": told_addresses(column["address"]),
    }
    return pa.table(facts)


def _name_facts(names: pa.Array) -> dict[str, pa.Array]:
    """Return what names tell, each distinct name worked out once: many people share theirs."""
    written = names.dictionary_encode()
    folded = told_names(simple_names(written.dictionary))
    made = {
        "name": folded,
        "surname": surnames(folded),
        "given": given_names(folded),
        "letters": _letters(folded),
        "pinyin": name_pinyins(folded),
        "sound": name_sounds(folded),
    }
    return {fact: told.take(written.indices) for fact, told in made.items()}


def hold_people(connection: duckdb.DuckDBPyConnection, facts: pa.Table) -> list[Dropped]:
    """Leave ``facts`` in the table ``records``, with ``settled``: whose number is proved, by itself or by a namesake's
    with the same one, or borne out by a namesake with the same 15 digits; it need not be looked for under other keys.

    A number that does not hold, a telephone or an account that people of too many names bear is nobody's own: it is
    taken out, telephones and accounts are told."""
    connection.register("given_facts", facts)
    numbers = ", ".join(f"{number_sql(name)} AS {name}" for name in _ALIKE)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE records AS SELECT f.* REPLACE ({numbers}), f.proved AS settled FROM given_facts f;
        UPDATE records SET settled = TRUE WHERE NOT proved AND hash(number, name) IN (
            SELECT hash(number, name) AS who FROM records WHERE number IS NOT NULL AND name IS NOT NULL AND formed
            GROUP BY who HAVING bool_or(proved) OR count(*) > 1);
        UPDATE records SET number = NULL, number_text = NULL WHERE NOT formed AND number IN (
            SELECT number FROM records WHERE NOT formed GROUP BY number HAVING count(DISTINCT name) > {_NAMES})""")
    connection.unregister("given_facts")
    told = [_take_out(connection, name) for name in _OWN]
    return [one for one in told if one.values]


def _take_out(connection: duckdb.DuckDBPyConnection, name: str) -> Dropped:
    """Take out of ``records`` the values of ``name`` that people of more names than a household has bear."""
    [(values, most)] = connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE nobodys AS
            WITH many AS (SELECT {name} FROM records WHERE {name} IS NOT NULL GROUP BY {name} HAVING count(*) > {_HOME})
            SELECT {name}, count(*) AS n FROM records SEMI JOIN many USING ({name})
            GROUP BY {name} HAVING count(DISTINCT name) > {_HOME};
        UPDATE records SET {name} = NULL WHERE {name} IN (SELECT {name} FROM nobodys);
        SELECT count(*), coalesce(max(n), 0) FROM nobodys""").fetchall()
    connection.execute("DROP TABLE nobodys")
    return Dropped(name, values, most)


def number_sql(name: str) -> str:
    """Return the SQL of a number that stands for the text of the fact ``name``; null for none."""
    return f"CASE WHEN f.{name} <> '' THEN (hash(f.{name}) >> 1)::BIGINT END"


def _letters(names: pa.Array) -> pa.Array:
    """Return names without the digits and marks that clerks put behind them; null where nothing is left."""
    left = pc.replace_substring_regex(names, r"[^\p{Han}A-Z]", "")
    return pc.if_else(pc.equal(left, ""), pa.scalar(None, pa.string()), left)


def _numbers(canonical: pa.Array, text: pa.Array) -> pa.Array:
    """Return canonical numbers; where there is none, what was told, of 18 places the first 17."""
    other = pc.or_(canonical.is_null(), text.is_null())
    rest = text.filter(other)
    long = pc.equal(pc.utf8_length(rest), 18)
    return pc.replace_with_mask(canonical, other, pc.if_else(long, pc.utf8_slice_codeunits(rest, 0, 17), rest))


def _known_date_text(dates: pa.Array, as_of: date) -> pa.Array:
    """Return dates as ``_date_text`` does; null for those that stand for nothing and for days to come."""
    known = pc.less_equal(dates, pa.scalar(as_of, pa.date32()))
    written = _date_text(pc.if_else(known, dates, pa.scalar(None, pa.date32())))
    nothing = pc.is_in(written, value_set=pa.array(NO_DATES))
    return pc.if_else(nothing, pa.scalar(None, pa.string()), written)


def _date_text(dates: pa.Array) -> pa.Array:
    """Return dates as yyyymmdd: by way of numbers, which take a tenth of the time that formatting does."""
    number = pc.add(
        pc.add(pc.multiply(pc.year(dates), 10000), pc.multiply(pc.month(dates), 100)),
        pc.day(dates),
    )
    return number.cast(pa.string())

"""What is compared of units: codes, the parts of the registered name, who represents them, whom they employ.

Business rule: 一个单位在各业务系统中编号不同 — a unit is known by its unified social credit code (GB 32100), by the
organisation code inside it, by numbers it had before, by its registered name whatever region and legal form are
written, by its legal representative, and by its people (``membership``).

Invariant: a fact is a pure function of its own record, but for ``home``, which says whom the unit shares its people
with.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from renshe.engine.linking.clusters import connected
from renshe.engine.linking.facts import number_sql, read_records
from renshe.engine.rounds.finished import Finished
from renshe.standards.folding import simple_names, simplified_array
from renshe.standards.identity_bulk import org_code_states, uscc_states
from renshe.standards.pinyin import name_pinyins, name_sounds
from renshe.standards.placeholders import told_addresses, told_phones, told_units
from renshe.standards.text import unit_name_keys
from renshe.standards.unit_names import fold_unit_names

UNIT_KEY = "coalesce(unit_no, 'row:' || source_file || ':' || source_row)"
"""What a row of ``unit`` is known by in its system, as SQL."""
UNIT_FIELDS = "old_unit_no name uscc org_code legal_rep phone address".split()


def read_units(connection: duckdb.DuckDBPyConnection, finished: Finished, employers: pa.Table) -> pa.Table:
    """Return the records of units: those of a round, and ``employers`` (system, unit_no) that only people name."""
    connection.register("named", read_records(connection, finished, "unit", UNIT_KEY, UNIT_FIELDS))
    connection.register("employers", employers)
    found = connection.sql("""
        SELECT * FROM (
            FROM named UNION ALL BY NAME
            SELECT system, unit_no AS key FROM employers e
            WHERE NOT EXISTS (SELECT 1 FROM named n WHERE n.system = e.system AND n.key = e.unit_no))
        ORDER BY system, key""").to_arrow_table()
    connection.unregister("named")
    connection.unregister("employers")
    return found


def unit_facts(records: pa.Table) -> pa.Table:
    """Return the facts of ``records`` (as ``read_units`` gives them), in their order; ``rid`` is the place in it."""
    column = {name: records[name].combine_chunks() for name in records.schema.names}
    code = pc.utf8_upper(pc.utf8_trim_whitespace(column["uscc"]))
    proved = pc.fill_null(pc.equal(uscc_states(column["uscc"]).cast(pa.string()), "valid"), False)
    given = pc.utf8_upper(pc.replace_substring(pc.utf8_trim_whitespace(column["org_code"]), "-", ""))
    own = pc.fill_null(pc.equal(org_code_states(column["org_code"]).cast(pa.string()), "valid"), False)
    nothing = pa.scalar(None, pa.string())
    inside = pc.if_else(proved, pc.utf8_slice_codeunits(code, 8, 17), nothing)
    written = simplified_array(column["name"])
    names = told_units(written)
    parts = fold_unit_names(names)
    facts = {
        "rid": pa.array(np.arange(len(records), dtype=np.int64)),
        "system": column["system"],
        "key": column["key"],
        "number": code,
        "proved": proved,
        "formed": proved,
        "settled": pa.array(np.zeros(len(records), np.bool_)),
        "organisation": pc.coalesce(pc.if_else(own, given, nothing), inside),
        "known_as": pc.coalesce(column["old_unit_no"], column["key"]),
        "name": unit_name_keys(names),
        "nobody": pc.and_(pc.not_equal(pc.fill_null(written, ""), ""), names.is_null()),
        "core": parts.core,
        "region": parts.region,
        "branch": parts.branch,
        "pinyin": name_pinyins(parts.core),
        "representative": simple_names(column["legal_rep"]),
        "representative_sound": name_sounds(column["legal_rep"]),
        "phone": told_phones(column["phone"]),
        "address": told_addresses(column["address"]),
    }
    return pa.table(facts)


def hold_units(connection: duckdb.DuckDBPyConnection, facts: pa.Table, homes: pa.Table) -> None:
    """Leave ``facts`` in the table ``records``, with ``home``: the same number for units that share their people."""
    connection.register("given_facts", facts)
    connection.register("given_homes", homes)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE records AS
            SELECT f.* REPLACE (
                {number_sql("phone")} AS phone, {number_sql("address")} AS address),
                CASE WHEN NOT f.nobody THEN h.home END AS home
            FROM given_facts f LEFT JOIN given_homes h ON h.system = f.system AND h.unit_no = f.key""")
    connection.unregister("given_facts")
    connection.unregister("given_homes")


def unit_labels(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return system, unit_no and ``label``: a number that units have in common which are one by any evidence. Who is
    under a unit that is nobody's (灵活就业人员) has no employer in common with others there."""
    units = connection.sql("""
        SELECT r.system, r.key AS unit_no, c.label, min(r.rid) OVER (PARTITION BY r.home) AS neighbour, r.home, r.rid,
            r.nobody
        FROM records r JOIN clustered c USING (rid) ORDER BY r.rid""").to_arrow_table()
    rid = units["rid"].to_numpy()
    housed = units["home"].is_valid().to_numpy()
    left = np.concatenate([rid, rid[housed]])
    right = np.concatenate([units["label"].to_numpy(), units["neighbour"].to_numpy()[housed]])
    label = pa.array(connected(left, right, len(units)))
    employers = pc.invert(units["nobody"])
    return units.select(["system", "unit_no"]).append_column("label", label).filter(employers)


def label_employers(connection: duckdb.DuckDBPyConnection, labels: pa.Table) -> None:
    """Add to ``records`` of people the fact ``unit``, the ``label`` of their unit (system, unit_no) in ``labels``."""
    connection.register("given_labels", labels)
    connection.execute("""
        ALTER TABLE records ADD COLUMN unit BIGINT;
        UPDATE records SET unit = l.label FROM given_labels l
            WHERE l.system = records.system AND l.unit_no = records.unit_no""")
    connection.unregister("given_labels")

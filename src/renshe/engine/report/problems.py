"""Findings made ready for people: who is concerned, in which department's hands, root causes first.

A clerk mends persons and units, not rows. So every finding gets the person or unit that owns its row, with name,
identity number and unit; and every person or unit gets one root cause: the first of its rules in
``labels.root_order``. A finding of a whole table (a control total) has no row and is nobody's.

Invariant: ``problem`` holds each finding exactly once; rows of one department, and in it of one rule, are neighbours,
numbered from 1 by ``rn`` without gaps. Memory is bounded however many findings there are: one sort without joins, which
spills into ``work``; then names are looked up for a slice of rows at a time; the results are tables of a database file
in ``work``, of which a short list reads only its own rows.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from renshe.engine.report.labels import RuleInfo, root_order, system_label, unknown_rules
from renshe.standards.dictionary import dictionary

MEMORY_LIMIT = "1100MB"
# Every thread has buffers of its own: on a machine of many cores they alone would fill the memory.
THREADS = min(os.cpu_count() or 1, 4)
# Findings whose names are looked up at once: hash tables of so many rows fit the limit together.
SLICE = 450_000
# Excel refuses a cell of more than 32,767 UTF-16 units; half of that holds whatever the characters are.
CELL_CHARS = 16_000


class ReportError(Exception):
    """A round cannot be reported. The text is one Chinese line: what is wrong, where, and the remedy."""


@dataclass(frozen=True, slots=True)
class RuleList:
    """One rule's findings in one department: rows ``first`` to ``first + rows - 1`` of the problems file.

    ``of_units``: the rows are of a table that knows no persons.
    """

    rule: RuleInfo
    department: str
    of_units: bool
    first: int
    rows: int
    persons: int
    units: int


@dataclass(frozen=True, slots=True)
class Problems:
    """A round's findings as the connection ``con`` sees them.

    ``problem`` (all findings, enriched and ordered), ``rule_info``, ``subject`` (one row per person, unit or whole
    table: ``sid, kind, root, root_department``). ``lists`` stand in file order.
    """

    con: duckdb.DuckDBPyConnection
    round_dir: Path
    lists: tuple[RuleList, ...]

    @property
    def rows(self) -> int:
        """Number of findings."""
        return sum(item.rows for item in self.lists)

    @property
    def departments(self) -> tuple[str, ...]:
        """Departments with findings, in file order."""
        return tuple(dict.fromkeys(item.department for item in self.lists))

    def count(self, relation: str) -> int:
        """Return how many rows a relation has."""
        return int(self.con.sql(f"select count(*) from {relation}").fetchall()[0][0])


def quoted(path: Path) -> str:
    """Return ``path`` as an SQL string literal."""
    return "'" + str(path).replace("'", "''") + "'"


def case_sql(labels: Mapping[str, str]) -> str:
    """Return the branches of an SQL ``case`` that shows codes by their labels."""
    return " ".join(f"when '{value}' then '{label}'" for value, label in labels.items())


def prepare_problems(round_dir: Path, rules: Mapping[str, RuleInfo], files: Sequence[str], work: Path) -> Problems:
    """Enrich and order the findings of ``round_dir``; intermediate files go to ``work`` (the owner's own).

    ``files`` are the source files in the order of the manifest: a list names them by number.

    Raises ``ReportError`` where the findings name a rule that ``rules`` does not have.
    """
    con = duckdb.connect()
    con.execute(
        f"set memory_limit='{MEMORY_LIMIT}'; set threads={THREADS}; set temp_directory={quoted(work / 'spill')}"
    )
    con.execute(f"attach {quoted(work / 'problems.duckdb')} as kept")
    open_findings(con, "finding", round_dir / "findings.parquet")
    found = [row[0] for row in con.sql("select distinct rule from finding").fetchall()]
    if missing := unknown_rules(found, rules):
        raise ReportError(
            f"{round_dir.name}/findings.parquet：规则 {missing[0]} 不在规则目录中，请用产生该轮的规则版本生成报告"
        )
    _register(con, rules, files)
    sort_findings(con, "finding", work / "sorted.parquet")
    add_owners(con, work / "sorted.parquet", round_dir, "problem")
    con.execute(
        "create temp table subject as select sid, any_value(kind) kind, min(rank)::int root,"
        # Of several departments that one rule names, the first in file order.
        " arg_min(department, (rank::bigint << 40) + rn) root_department from problem group by sid"
    )
    return Problems(con, round_dir, _lists(con, rules))


def open_findings(con: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """Open findings as the view ``name``: with their place ``fid`` in the file, and ``kind``: whose their row is."""
    con.execute(f"""
        create view {name} as select *, file_row_number fid, "table" in ({unit_tables()}) of_units,
            case when source_row is null then 'table'
                when of_units or ("table" = 'change' and person_no is null and unit_no is not null) then 'unit'
                else 'person' end kind
        from read_parquet({quoted(path)}, file_row_number=true)""")


def unit_tables() -> str:
    """Return the tables that know no persons, as a list of SQL literals."""
    return ", ".join(f"'{name}'" for name, table in dictionary().items() if "person_no" not in table.names)


def _register(con: duckdb.DuckDBPyConnection, rules: Mapping[str, RuleInfo], files: Sequence[str]) -> None:
    """Make rules, labels and sources known to SQL: ``rule_info``, ``field_info``, ``system_info``, ``source_info``."""
    order = [rules[rule] for rule in root_order(rules)]
    known = [(rule.id, rule.title, rule.severity, rule.class_, rule.remedy) for rule in order]
    keep(con, "rule_info", ("rule", "title", "severity", "class", "remedy"), known)
    con.execute("alter table rule_info add column rank integer; update rule_info set rank = rowid")
    labels = [
        (name, field.name, field.label, f"{table.label}：{field.label}")
        for name, table in dictionary().items()
        for field in table.fields
    ]
    keep(con, "field_info", ("table", "field", "field_label", "item"), labels)
    con.execute("create temp table system_info (system varchar, system_label varchar)")
    know_systems(con, "finding")
    numbers = {file: at for at, file in reversed(list(enumerate(files, 1)))}
    keep(con, "source_info", ("source_file", "source_no"), [(file, str(at)) for file, at in numbers.items()])
    con.execute("alter table source_info alter source_no type integer")


def know_systems(con: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Make the labels of all systems of ``relation`` known to SQL."""
    asked = f"select distinct system from {relation} anti join system_info using (system) where system is not null"
    rows = [(system, system_label(system)) for (system,) in con.sql(asked).fetchall()]
    if rows:
        con.executemany("insert into system_info values (?, ?)", rows)


def keep(con: duckdb.DuckDBPyConnection, name: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Make a small table of texts known to SQL."""
    values = zip(*rows, strict=True) if rows else ([] for _ in columns)
    schema = pa.schema([(column, pa.string()) for column in columns])
    con.register("given", pa.table(dict(zip(columns, map(list, values), strict=True)), schema=schema))
    con.execute(f"create temp table {name} as select * from given")
    con.unregister("given")


def subject_sql(system: str, kind: str, place: str) -> str:
    """Return SQL of what tells persons, units and tables apart, in sixteen bytes however long their numbers are."""
    return f"md5(concat_ws(chr(31), {kind}, coalesce({system}, ''), {place}))::uuid"


def sort_findings(con: duckdb.DuckDBPyConnection, relation: str, path: Path, more: str = "") -> None:
    """Write the findings of ``relation`` by department, root order, system and number, numbered, to ``path``.

    ``more``: columns to be kept besides, each as SQL with a comma before it.
    """
    texts = ", ".join(f"left(f.{name}, {CELL_CHARS}) {name}" for name in ("value", "expected", "message"))
    place = (
        "coalesce(number, case when f.source_row is null then '*' || f.\"table\""
        " else '@' || f.source_file || '#' || f.source_row end)"
    )
    con.execute(f"""
        copy (select row_number() over () rn, * exclude (fid) from (
            select coalesce(f.department, '未定科室') department, i.rank, f.rule, f.of_units, f."table", f.field,
                f.system, f.source_file, f.source_row, f.key, {texts}, f.related, f.person_no, f.unit_no, f.kind, f.fid,
                case f.kind when 'unit' then f.unit_no when 'person' then f.person_no end number,
                {subject_sql("f.system", "f.kind", place)} sid {more}
            from {relation} f join rule_info i using (rule)
            order by department, i.rank, f.of_units, f.system, number, f.source_file, f.source_row, f.fid))
        to {quoted(path)} (format parquet, row_group_size 40000)""")


def add_owners(con: duckdb.DuckDBPyConnection, path: Path, round_dir: Path, name: str) -> None:
    """Keep the numbered rows of ``path`` with whose they are, a slice at a time, and open them as the view ``name``.

    A row has ``rn, table, field, system, source_file, source_row, kind, person_no, unit_no``, and whatever else is
    to be kept.
    """
    rows = int(con.sql(f"select count(*) from read_parquet({quoted(path)})").fetchall()[0][0])
    for first in range(1, max(rows, 1) + 1, SLICE):
        con.execute(
            f"create temp table slice as select * from read_parquet({quoted(path)})"
            f" where rn between {first} and {first + SLICE - 1}"
        )
        _find_owners(con, round_dir)
        con.execute(f"""
            {f"create table kept.{name} as" if first == 1 else f"insert into kept.{name}"}
            select f.* exclude (person_no, unit_no) replace (coalesce(f.system, '') as system),
                case when f."table" = 'person' and o.rn is not null then o.name
                    when f.kind = 'person' then p.name end person_name,
                case when f."table" in ('person', 'unit') and o.rn is not null then o.id_number
                    when f.kind = 'person' then p.id_number when f.kind = 'unit' then u.id_number end id_number,
                coalesce(f.unit_no, p.unit_no) unit_no,
                case when f."table" = 'unit' and o.rn is not null then o.name else u.name end unit_name,
                l.field_label, s.system_label, i.source_no
            from slice f left join own o using (rn)
            left join person_known p on p.system = f.system and p.person_no = f.person_no
            left join unit_known u on u.system = f.system and u.unit_no = coalesce(f.unit_no, p.unit_no)
            left join system_info s on s.system = f.system
            left join field_info l on l."table" = f."table" and l.field = f.field
            left join source_info i on i.source_file = f.source_file
            order by f.rn""")
        con.execute("drop table own; drop table person_known; drop table unit_known; drop table slice")
    con.execute(f"create view {name} as from kept.{name}")


def _find_owners(con: duckdb.DuckDBPyConnection, round_dir: Path) -> None:
    """Find the names of ``slice``: ``own`` for what is on a person's or unit's own row, ``known`` for all other rows.

    A number may stand on several rows (that is then a finding of its own): a row's own name is its own, elsewhere the
    first row of the number speaks.
    """
    con.execute("create temp table own (rn bigint, name varchar, id_number varchar)")
    for table, key, number, more in (
        ("person", "person_no", "id_number", ", arg_min_null(unit_no, file_row_number) unit_no"),
        ("unit", "unit_no", "uscc", ""),
    ):
        path = round_dir / "tables" / f"{table}.parquet"
        if not path.exists():
            columns = ("system", key, "name", "id_number", *(("unit_no",) if more else ()))
            keep(con, f"{table}_known", columns, [])
            continue
        source = f"read_parquet({quoted(path)}, file_row_number=true)"
        con.execute(f"""
            insert into own select distinct on (f.rn) f.rn, r.name, r.{number}
            from slice f join {source} r on r.system = f.system and r.source_file = f.source_file
                and r.source_row = f.source_row and r.{key} is not distinct from f.{key}
            where f."table" = '{table}' order by f.rn, r.file_row_number""")
        wanted = f"select system, {key} from slice anti join own using (rn)"
        if table == "unit":
            wanted += " union select system, unit_no from person_known union select system, unit_no from slice"
        con.execute(f"""
            create temp table {table}_known as
            select system, {key}, arg_min_null(name, file_row_number) as name,
                arg_min_null({number}, file_row_number) id_number {more}
            from {source} where (system, {key}) in ({wanted}) group by system, {key}""")


def _lists(con: duckdb.DuckDBPyConnection, rules: Mapping[str, RuleInfo]) -> tuple[RuleList, ...]:
    rows = con.sql("""
        select rule, department, of_units, min(rn), count(*),
            count(distinct sid) filter (kind = 'person'), count(distinct sid) filter (kind = 'unit')
        from problem group by rule, department, of_units order by 4""").fetchall()
    return tuple(RuleList(rules[rule], *rest) for rule, *rest in rows)

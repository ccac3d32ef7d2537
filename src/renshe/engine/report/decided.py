"""What decisions did to a round, made ready for people: every decision, what it set aside, each rule before and after.

Business rule: 白社保〔2021〕22号 asks for checks before and after mending and a record of every correction (S1-12): who
changed what of whom, from which value to which, on what ground, and where the new value came from; a default taken by
rule is told apart from a value that somebody gave (S1-35), of two contradicting systems both are named (S0-24).

Invariant: ``decided`` holds every decision of the log once, those that no longer fit first; ``aside`` every finding
that is set aside; ``compared`` every rule with findings now or in the last round: before - fixed + new + back = now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from renshe.engine.report.labels import DEFAULTED, KIND_LABELS, SOURCE_LABELS, system_label
from renshe.engine.report.problems import (
    CELL_CHARS,
    Problems,
    add_owners,
    case_sql,
    keep,
    know_systems,
    open_findings,
    quoted,
    sort_findings,
    subject_sql,
    unit_tables,
)
from renshe.engine.report.unchecked import reason_shown
from renshe.standards.dictionary import dictionary

_IDENTITY = ("rule", "table", "system", "key", "field", "related")
_KEPT = re.compile(r"kept:(\S+) over:(\S+)")
_FROM = re.compile(r"from:(\S+) (.+)#(\d+)")


def has_decisions(manifest: Mapping[str, Any]) -> bool:
    """Whether anything was decided when the round was made."""
    return bool(manifest["decisions"]["number"])


def prepare_decided(problems: Problems, manifest: Mapping[str, Any], work: Path) -> None:
    """Make ``compared`` and, where there are decisions, ``decided`` and ``aside`` known to the connection.

    All three are numbered by ``rn``; the two long ones are Parquet in ``work``.
    """
    con, round_dir = problems.con, problems.round_dir
    if has_decisions(manifest):
        applied = quoted(round_dir / "applied.parquet")
        con.execute(
            "create view outcome as select * replace (nullif(source, '') as source), file_row_number seq"
            f" from read_parquet({applied}, file_row_number=true)"
        )
        know_systems(con, "outcome")
        _open_aside(con, round_dir, work)
        _open_decided(con, round_dir, work)
    _compare(con, round_dir, decided=has_decisions(manifest))


def _open_aside(con: duckdb.DuckDBPyConnection, round_dir: Path, work: Path) -> None:
    open_findings(con, "accepted", round_dir / "accepted.parquet")
    know_systems(con, "accepted")
    con.execute(
        'create view held as select a.*, o.ground, o."by" clerk, o.checked_by, coalesce(o.date, left(o.at, 10)) as day,'
        " i.title from accepted a left join rule_info i using (rule) left join outcome o on o.id = a.decision"
    )
    path = work / "held.parquet"
    sort_findings(con, "held", path, ", f.title, f.decision, f.ground, f.clerk, f.checked_by, f.day")
    add_owners(con, path, round_dir, "aside")


def _open_decided(con: duckdb.DuckDBPyConnection, round_dir: Path, work: Path) -> None:
    """Write the decisions with labels and owners, those to be looked at first, and open them as ``decided``."""
    _know_texts(con)
    tables = case_sql({name: table.label for name, table in dictionary().items()})
    number = "case d.kind when 'unit' then d.unit_no else d.person_no end"
    path = work / "outcomes.parquet"
    con.execute(f"""
        copy (select row_number() over () rn, d.*, {number} number, {subject_sql("d.system", "d.kind", number)} sid
        from (select *, case when "table" in ({unit_tables()}) or (person_no is null and unit_no is not null)
            then 'unit' else 'person' end kind from (
            select o.id, o.at, o."by" clerk, o.checked_by, o.kind deed, o."table", o.system, o.key, o.field,
                left(o.old, {CELL_CHARS}) old, left(o.new, {CELL_CHARS}) as new, o.rule, i.title, o.ground, o.source,
                coalesce(o.date, left(o.at, 10)) as day, o.revokes, o.source_file, o.source_row, o.state,
                case o."table" {tables} else o."table" end table_label,
                case when o.kind = 'fill' and starts_with(o.source, 'default') then '{DEFAULTED}'
                    else case o.kind {case_sql(KIND_LABELS)} else o.kind end end way,
                s.shown source_label, s.known = '1' source_known, split_part(o.source, ' | ', 2) noted_at,
                r.shown reason, a.findings held,
                coalesce(o.person_no, {_told("person_no")}, f.person_no) person_no,
                coalesce(o.unit_no, {_told("unit_no")}, f.unit_no) unit_no
            from outcome o left join rule_info i using (rule)
            left join source_text s on s.head = split_part(o.source, ' | ', 1)
            left join reason_text r on r.reason = o.reason
            left join (select decision, count(*) findings from accepted group by decision) a on a.decision = o.id
            left join ({_OF_FINDINGS}) f on f.system = o.system and f."table" = o."table" and f.key = o.key
            order by o.state <> 'unfit', o.seq)) d)
        to {quoted(path)} (format parquet, row_group_size 40000)""")
    add_owners(con, path, round_dir, "decided")


# A decision that changed no row does not say whose it was: the findings on that row do, open or set aside.
_OF_FINDINGS = """
    select system, "table", key, min(person_no) person_no, min(unit_no) unit_no
    from (select system, "table", key, person_no, unit_no from finding
        union all select system, "table", key, person_no, unit_no from accepted)
    where (system, "table", key) in (
        select (system, "table", key) from outcome where person_no is null and unit_no is null)
    group by all"""


def _told(column: str) -> str:
    """Return SQL of the number that a decision's key tells; a decision on all of a person tells only that."""
    cases = [
        f"when o.\"table\" = '{name}' and json_array_length(o.key) = {len(key)} then o.key ->> {key.index(column)}"
        for name, table in dictionary().items()
        for key in (table.key, table.key_else)
        if column in key
    ]
    if column == "person_no":
        cases.append('when o."table" is null then o.key ->> 0')
    return f"case {' '.join(cases)} end"


def _know_texts(con: duckdb.DuckDBPyConnection) -> None:
    """Make the sources of values and the reasons of misfits known to SQL as people read them."""
    heads = _texts(con, "split_part(source, ' | ', 1)")
    texts = [(head, *_source_shown(head)) for head in heads]
    keep(con, "source_text", ("head", "shown", "known"), texts)
    keep(con, "reason_text", ("reason", "shown"), [(text, reason_shown(text)) for text in _texts(con, "reason")])


def _texts(con: duckdb.DuckDBPyConnection, column: str) -> Iterable[str]:
    return (text for (text,) in con.sql(f"select distinct {column} from outcome").fetchall() if text is not None)


def _source_shown(head: str) -> tuple[str, str]:
    """Return the head of a source as people read it, and "1" where it is one that lists give, "" for free words."""
    told = _KEPT.match(head)
    if told:
        return f"采信{system_label(told[1])}，不采信{system_label(told[2])}", "1"
    if taken := _FROM.match(head):
        return f"取自{system_label(taken[1])} {taken[2]} 第 {taken[3]} 行", "1"
    return SOURCE_LABELS.get(head, head), "1" if head in SOURCE_LABELS else ""


def _compare(con: duckdb.DuckDBPyConnection, round_dir: Path, *, decided: bool) -> None:
    """Count the findings of each rule before and after, what moved most first.

    ``aside``: of the fixed, those that are set aside now as true.
    """
    path = quoted(round_dir / "changes.parquet")
    names = ", ".join(f'"{name}"' for name in _IDENTITY)
    same = " and ".join(f'h."{name}" is not distinct from g."{name}"' for name in _IDENTITY)
    aside = "select null::varchar as rule, 0::bigint n limit 0"
    if decided:
        aside = f"""
            select g.rule, sum(least(g.n, h.n))::bigint n
            from (select {names}, count(*) n from read_parquet({path})
                where state = 'fixed' and rule in (select rule from accepted) group by all) g
            join (select {names}, count(*) n from accepted group by all) h on {same} group by g.rule"""
    con.execute(f"""
        create table compared as
        select row_number() over (order by fixed + added + back desc, was desc, title, rule) rn, * from (
            select c.rule, coalesce(i.title, c.rule) title, i.severity, i.class, c.* exclude (rule),
                coalesce(a.n, 0) aside
            from (select rule, count(*) filter (state in ('fixed', 'open')) was,
                    count(*) filter (state = 'fixed') fixed, count(*) filter (state = 'new') added,
                    count(*) filter (state = 'reopened') back, count(*) filter (state <> 'fixed') now
                from read_parquet({path}) group by rule) c
            left join rule_info i using (rule) left join ({aside}) a on a.rule = c.rule)
        order by rn""")

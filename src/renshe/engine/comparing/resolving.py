"""Each difference with whom to believe: on which row it is to be mended, what the other side says, and why.

Rule: what is proved by the value itself goes first (a valid check digit, a birth date in a valid number, a death on
record); then the declared order of sources (``precedence``); equal ranks have to be looked into. Only rows of business
systems are mended, so a difference stands on the row of the business system; of two on the one believed less. A side
that a clerk found true (经核实无误) is right: the difference goes to the other side, and where both were found true,
or the other is only compared with, it is set aside until that is revoked.

Invariant: every difference stands on one row; ``suggestion`` is one of ``SUGGESTIONS``, with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from renshe.engine.comparing.kinds import KINDS, is_comparison
from renshe.engine.comparing.sides import Bench, Side
from renshe.engine.decisions.log import Decision
from renshe.engine.report.problems import CELL_CHARS, keep
from renshe.engine.rules.compiling import quote
from renshe.standards.dictionary import TABLES, table

SUGGESTIONS = {"take": "采信对方", "keep": "维持本方", "fill": "补录", "restore": "恢复记录", "check": "核实"}
"""What is suggested, as lists show it."""
COLUMNS = (
    *("rule", "class", "severity", "table", "field", "system", "source_file", "source_row", "key", "value", "expected"),
    *("message", "related", "person_no", "unit_no", "region", "department", "kind", "suggestion", "reason", "accepted"),
    *("other_system", "other_no", "other_value", "other_file", "other_row", "left_no", "left_value", "right_no"),
    *("right_value", "person_name", "id_number", "unit_name"),
)
"""The columns of ``differences.parquet``: those of a finding, then those of a comparison."""
# What lists show besides.
_SHOWN = ("source_no", "field_label", "system_label", "other_label")
_ORDER = (
    'accepted IS NOT NULL, department, rank, system, person_no, unit_no, "table", key, field, related, other_file,'
    " other_row"
)
_FORMS = ", ".join(quote(kind.id) for kind in KINDS if kind.severity == "optional")
# Here the other side's value is not what ours should be.
_NOT_TAKEN = "'CMP-UNIT', 'CMP-PERSON', 'CMP-EXCLUSIVE'"
# Here it says something that one side has nothing.
_SAYING = "'CMP-LIFE', 'CMP-STATUS', 'CMP-ACCOUNT', 'CMP-PAID', 'CMP-BENEFIT', 'CMP-RESTORE-ROW'"


def resolve(bench: Bench, decisions: Sequence[Decision]) -> None:
    """Make ``difference`` known: every difference with its resolution, numbered by ``rn``, those set aside last."""
    _know_words(bench)
    _know_accepted(bench, decisions)
    related = {side.at: _related(bench.other(side)) for side in bench.sides}
    accepts = " ".join(
        f"LEFT JOIN accept {at}_a ON {at}_a.system = {quote(side.system)} AND {at}_a.rule = d.rule"
        f' AND {at}_a."table" = d."table" AND {at}_a.key = d.{at}_key AND {at}_a.related = {related[at]}'
        f" AND {at}_a.field IS NOT DISTINCT FROM d.field AND {at}_a.old IS NOT DISTINCT FROM d.{at}_value"
        for side in bench.sides
        for at in (side.at,)
    )
    of_pair = ", ".join(
        f"p.{at}_{name} AS {at}_{name}"
        for at in ("l", "r")
        for name in ("no", "name", "id_number", "unit_no", "region")
    )
    bench.keep(
        "oriented",
        f"SELECT *, {_on_left(*bench.sides)} AS on_left, {_set_aside(*bench.sides)} AS accepted FROM (SELECT d.*,"
        f" {of_pair}, {related['l']} AS l_related, {related['r']} AS r_related, l_a.id AS l_true, r_a.id AS r_true"
        f" FROM diff d LEFT JOIN pair p ON p.n = d.pair {accepts}) {_worth(*bench.sides)}",
    )
    every = " UNION ALL ".join(_standing_on(bench, side) for side in bench.sides)
    columns = ", ".join(f'"{name}"' for name in (*COLUMNS, *_SHOWN))
    bench.keep(
        "difference", f"SELECT row_number() OVER (ORDER BY {_ORDER}) AS rn, {columns} FROM ({every}) ORDER BY rn"
    )


def _know_words(bench: Bench) -> None:
    kinds = [(kind.id, kind.severity, kind.class_, f"{rank:03d}") for rank, kind in enumerate(KINDS)]
    keep(bench.connection, "kind_info", ("rule", "severity", "class", "rank"), kinds)
    fields = [
        (name, field.name, field.label, field.owner or table(name).owner)
        for name in TABLES
        for field in table(name).fields
    ]
    keep(bench.connection, "field_info", ("table", "field", "label", "owner"), fields)
    tables = [(name, table(name).label, table(name).owner) for name in TABLES]
    keep(bench.connection, "table_info", ("table", "label", "owner"), tables)
    files = {one["file"]: str(at) for at, one in reversed(list(enumerate(bench.found.manifest["sources"], 1)))}
    keep(bench.connection, "source_info", ("file", "number"), list(files.items()))


def _know_accepted(bench: Bench, decisions: Sequence[Decision]) -> None:
    """Make known what of earlier comparisons was found true and is not revoked."""
    names = ("rule", "table", "system", "key", "field", "related", "old")
    # What was found true twice is true: the last decision is named.
    found = {
        tuple(getattr(one, name) for name in names): one.id
        for one in decisions
        if one.kind == "accept" and one.rule is not None and is_comparison(one.rule)
    }
    columns = {name: pa.array([row[at] for row in found], pa.string()) for at, name in enumerate(names)}
    bench.connection.register("given", pa.table({"id": pa.array(found.values(), pa.string()), **columns}))
    bench.connection.execute("CREATE TEMP TABLE accept AS FROM given")
    bench.connection.unregister("given")


def _related(other: Side) -> str:
    """Return SQL of what a difference says of the other side: its system, and the person's (or unit's) number there."""
    at = other.at
    return f"CAST(json_array({quote(other.system)}, coalesce(p.{at}_no, p.{at}_key, d.{at}_key ->> 0)) AS VARCHAR)"


def _on_left(left: Side, right: Side) -> str:
    """Return SQL of whether a difference stands on the left side's row."""
    if left.business != right.business:
        return "TRUE" if left.business else "FALSE"
    cases = ["WHEN l_value IS NULL AND r_value IS NOT NULL THEN TRUE"]
    cases += ["WHEN r_value IS NULL AND l_value IS NOT NULL THEN FALSE"]
    if left.business:
        found_true = ["WHEN l_true IS NOT NULL AND r_true IS NULL THEN FALSE"]
        cases = [*found_true, "WHEN r_true IS NOT NULL AND l_true IS NULL THEN TRUE", *cases]
    by_rank = "TRUE" if left.rank >= right.rank else "FALSE"
    return f"CASE {' '.join(cases)} WHEN proof < 0 THEN FALSE WHEN proof > 0 THEN TRUE ELSE {by_rank} END"


def _set_aside(left: Side, right: Side) -> str:
    """Return SQL of the decisions by which a difference is set aside, null where it is not."""
    cases = ["WHEN l_true IS NOT NULL AND r_true IS NOT NULL THEN l_true || '、' || r_true"]
    for own, other in ((left, right), (right, left)):
        if not other.business:
            cases.append(f"WHEN {own.at}_true IS NOT NULL THEN {own.at}_true")
    return f"CASE {' '.join(cases)} END"


def _worth(left: Side, right: Side) -> str:
    """Return the WHERE clause of what is a difference: whom we only compare with may well know nothing."""
    if left.business == right.business:
        return ""
    other = right if left.business else left
    return f"WHERE {other.at}_value IS NOT NULL OR rule IN ({_SAYING})"


def _standing_on(bench: Bench, own: Side) -> str:
    """Return SQL of the differences that stand on the rows of ``own``."""
    o = own.at
    rule = "rule"
    if own is bench.lost_in:
        # What a backup says where we say nothing may be restored, whatever it is.
        rule = f"CASE WHEN {_empty(bench, own)} AND {o}_row IS NOT NULL THEN 'CMP-RESTORE' ELSE rule END"
    unit = f"coalesce({o}_unit_no, CASE WHEN \"table\" = 'unit' THEN {o}_key ->> 0 END)"
    columns = ", ".join(f'{sql} AS "{name}"' for name, sql in _columns(bench, own).items())
    return (
        f"SELECT {columns}, {_suggested(own, bench.other(own))}, i.rank FROM"
        f" (SELECT * EXCLUDE (rule), {rule} AS rule, {unit} AS own_unit FROM oriented"
        f" WHERE on_left = {str(own is bench.left).upper()}) d"
        ' JOIN kind_info i ON i.rule = d.rule JOIN table_info w ON w."table" = d."table"'
        ' LEFT JOIN field_info f ON f."table" = d."table" AND f.field = d.field'
        f" LEFT JOIN {o}_unit u ON u.no = d.own_unit LEFT JOIN source_info s ON s.file = {o}_file"
    )


def _empty(bench: Bench, own: Side) -> str:
    return f"({own.at}_value IS NULL AND {bench.other(own).at}_value IS NOT NULL)"


def _columns(bench: Bench, own: Side) -> dict[str, str]:
    """Return SQL of the columns of differences on rows of ``own``, but for what is suggested."""
    other = bench.other(own)
    o, t = own.at, other.at
    kind = (
        f"CASE WHEN d.rule IN ({_FORMS}) THEN 'form' WHEN d.rule = 'CMP-RESTORE-ROW' THEN 'row'"
        f" WHEN {_empty(bench, own)} THEN 'empty' ELSE 'different' END"
    )
    taken = f"CASE WHEN d.rule IN ({_NOT_TAKEN}) THEN {o}_take ELSE {t}_value END"
    whose = f"CASE WHEN d.\"table\" = 'unit' THEN {t}_key ->> 0 ELSE {t}_no END"
    region = quote(str(bench.found.manifest["region"]))
    of_finding = {"rule": "d.rule", "class": "i.class", "severity": "i.severity", "table": 'd."table"'} | {
        "field": "d.field",
        "system": quote(own.system),
        "source_file": f"{o}_file",
        "source_row": f"{o}_row",
        "key": f"{o}_key",
        "value": f"left({o}_value, {CELL_CHARS})",
        "expected": taken,
        "message": _message(bench),
        "related": f"{o}_related",
        "person_no": f"{o}_no",
        "unit_no": "d.own_unit",
        "region": f"coalesce({o}_region, {region})",
        "department": "coalesce(f.owner, w.owner)",
    }
    of_other = {"other_system": quote(other.system), "other_no": whose, "other_value": _said(other)}
    of_other |= {"other_file": f"{t}_file", "other_row": f"{t}_row", "other_label": quote(other.label)}
    of_sides = {"left_no": "l_no", "right_no": "r_no"}
    of_sides |= {f"{name}_value": _said(side) for name, side in zip(("left", "right"), bench.sides, strict=True)}
    shown = {"kind": kind, "accepted": "d.accepted", "person_name": f"{o}_name", "id_number": f"{o}_id_number"}
    shown |= {"unit_name": "u.name", "source_no": "s.number::INT", "field_label": "coalesce(f.label, '整行')"}
    return of_finding | of_other | of_sides | shown | {"system_label": quote(own.label)}


def _said(side: Side) -> str:
    """Return SQL of what a side says, as people read it."""
    return f"left(coalesce({side.at}_shown, {side.at}_value), {CELL_CHARS})"


def _message(bench: Bench) -> str:
    """Return SQL of what is wrong, in words that name both systems."""
    both = " || '；' || ".join(
        f"{quote(side.label + '：')} || coalesce({_said(side)}, '（空）')" for side in bench.sides
    )
    about = "coalesce(what || ' ', '') || coalesce(f.label, w.label) || '，'"
    return f"left({about} || {both} || coalesce('（' || note || '）', ''), {CELL_CHARS})"


def _suggested(own: Side, other: Side) -> str:
    """Return SQL of ``suggestion`` and ``reason``."""
    o, t = own.at, other.at
    proof = f"(proof * {1 if t == 'r' else -1})"
    if own.rank == other.rank:
        suggestion, reason = "check", "双方同级，凭原始材料核实"
    elif other.rank < own.rank:
        suggestion, reason = "take", f"{other.label}优先于{own.label}"
    else:
        suggestion, reason = "keep", f"{own.label}优先于{other.label}"
    cases = (
        ("d.rule = 'CMP-RESTORE-ROW'", "restore", "'备份中有此记录'"),
        (f"{t}_true IS NOT NULL", "take", f"{quote(other.label)} || '经核实无误（决定 ' || {t}_true || '）'"),
        (f"{o}_row IS NULL", "check", "'涉及多行或没有记录，凭原始资料核实'"),
        (f"{proof} > 0 AND {o}_value IS NOT NULL", "take", f"{quote(other.label)} || proof_why"),
        (f"{o}_value IS NULL AND d.rule = 'CMP-LIFE'", "fill", f"{quote(other.label)} || proof_why"),
        (f"{o}_value IS NULL", "fill", quote(f"{other.label}有此项")),
        (f"{proof} < 0", "keep", f"{quote(own.label)} || proof_why"),
        ("d.rule = 'CMP-PERSON'", "check", "'同一编号登记了两个人'"),
        ("d.rule = 'CMP-EXCLUSIVE'", "check", "'两种关系只能保留一种，须联系参保对象'"),
    )
    first = " ".join(f"WHEN {when} THEN {quote(then)}" for when, then, _ in cases)
    second = " ".join(f"WHEN {when} THEN {then}" for when, _, then in cases)
    return f"CASE {first} ELSE {quote(suggestion)} END AS suggestion, CASE {second} ELSE {quote(reason)} END AS reason"

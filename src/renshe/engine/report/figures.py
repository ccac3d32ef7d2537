"""The figures of the report page, from the round's manifest and its findings.

Business rule: a bureau chief must see in one minute whether the data can be admitted, what stands in the way, who
mends it and what has moved since the last round; issues are reported by the four groups and seven classes (S1-27),
by dimension (S1-64), system, department and region, empty mandatory items per indicator (S1-34).

Invariant: persons and units are counted once per business system, however many findings they have; all examples are
masked here, so no page can show an unmasked one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from renshe.engine.report.comparing import Compared, RoundLine, compared_rules, total, trend
from renshe.engine.report.handling import Handling, gather_handling
from renshe.engine.report.labels import (
    CLASS_LABELS,
    DIMENSION_LABELS,
    GROUPS,
    RuleInfo,
    region_label,
    root_order,
    system_label,
)
from renshe.engine.report.problems import Problems, RuleList, quoted
from renshe.engine.report.reading import Source, sources
from renshe.engine.report.unchecked import NotChecked, not_checked
from renshe.standards.masks import mask_digits, mask_free, mask_id, mask_name, mask_serial, mask_value

STATES = ("fixed", "new", "open", "reopened")


@dataclass(frozen=True, slots=True)
class Count:
    """How much of something: findings to be fixed and optional ones, and the persons and units concerned."""

    label: str
    must: int = 0
    optional: int = 0
    persons: int = 0
    units: int = 0

    @property
    def total(self) -> int:
        """All findings."""
        return self.must + self.optional


@dataclass(frozen=True, slots=True)
class Root:
    """A root cause: persons and units whose first problem it is; what must be fixed comes before what may be."""

    rule: RuleInfo
    department: str
    persons: int
    units: int


@dataclass(frozen=True, slots=True)
class Example:
    """One masked finding."""

    system: str
    place: str
    number: str
    name: str
    id_number: str
    unit: str
    field: str
    value: str
    expected: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule with findings, in whichever departments."""

    rule: RuleInfo
    departments: str
    rows: int
    persons: int
    units: int
    examples: tuple[Example, ...]
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores 0 to 100 of one system, department or region, in the order of the nine dimensions; None: not measured."""

    label: str
    values: tuple[float | None, ...]

    @property
    def lowest(self) -> float | None:
        """The lowest score, None where all are alike or nothing was measured."""
        measured = {value for value in self.values if value is not None}
        return min(measured) if len(measured) > 1 else None


@dataclass(frozen=True, slots=True)
class Admission:
    """Persons or units that the entry standard admits."""

    label: str
    total: int
    admissible: int

    @property
    def share(self) -> float | None:
        """Share of the admissible, None where there is nobody."""
        return self.admissible / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything the page shows."""

    manifest: Mapping[str, Any]
    rows: int
    all: Count
    must: Count
    groups: tuple[Count, ...]
    classes: tuple[Count, ...]
    departments: tuple[Count, ...]
    systems: tuple[Count, ...]
    empties: tuple[Count, ...]
    roots: tuple[Root, ...]
    overall: Scores
    by_system: tuple[Scores, ...]
    by_department: tuple[Scores, ...]
    by_region: tuple[Scores, ...]
    admission: tuple[Admission, ...]
    admission_reasons: tuple[tuple[str, int], ...]
    rules: tuple[RuleLine, ...]
    clean_rules: tuple[RuleInfo, ...]
    unchecked: NotChecked
    sources: tuple[Source, ...]
    states: Mapping[str, int]
    compared: tuple[Compared, ...]
    handling: Handling | None
    trend: tuple[RoundLine, ...]
    rejects: tuple[tuple[str, str, int, str], ...]
    unmatched: tuple[Mapping[str, Any], ...]
    unmapped: tuple[Mapping[str, Any], ...]

    @property
    def first_round(self) -> bool:
        """Whether there is no earlier round to compare with."""
        return int(self.manifest["round"]) <= 1

    @property
    def moved(self) -> Compared:
        """All rules together, before and after."""
        return total(self.compared)

    @property
    def remarkable(self) -> int:
        """Number of sources of which something must be known."""
        return sum(source.remarkable for source in self.sources)

    @property
    def only_controls(self) -> bool:
        """Whether nothing must be mended but control totals, which are nobody's."""
        return self.all.must > 0 and not self.must.persons and not self.must.units and bool(self.bad_controls)

    @property
    def bad_controls(self) -> list[Mapping[str, Any]]:
        """Control totals that the data does not meet."""
        return [item for item in self.manifest.get("controls", ()) if item["expected"] != item["actual"]]


def gather_figures(
    problems: Problems, manifest: Mapping[str, Any], rules: Mapping[str, RuleInfo], examples: int, rounds: Path
) -> Figures:
    """Read all figures of a round; ``examples``: findings to show of each rule; ``rounds``: the earlier ones."""
    _tally(problems)
    states = _states(problems)
    found = {item.rule.id for item in problems.lists}
    order = root_order(rules)
    scores = manifest.get("scores", {})
    titles = {rule.id: rule.title for rule in rules.values()}
    return Figures(
        manifest=manifest,
        rows=sum(manifest["tables"].values()),
        all=next(iter(_counts(problems, "'全部'")), Count("全部")),
        must=next(iter(_counts(problems, "'必改'", "severity = 'must_fix'")), Count("必改")),
        groups=_grouped(problems, "class", {name: group for group, names in GROUPS.items() for name in names}, GROUPS),
        classes=_grouped(problems, "class", CLASS_LABELS, CLASS_LABELS.values()),
        departments=tuple(_counts(problems, "department")),
        systems=tuple(_relabel(item) for item in _counts(problems, "system")),
        empties=tuple(_counts(problems, "item", "class = 'empty'")),
        roots=_roots(problems, rules),
        overall=_scores("总体", scores.get("overall", {})),
        by_system=tuple(_scores(system_label(name), own) for name, own in scores.get("by_system", {}).items()),
        by_department=tuple(_scores(name, own) for name, own in scores.get("by_department", {}).items()),
        by_region=tuple(_scores(region_label(name), own) for name, own in scores.get("by_region", {}).items()),
        admission=tuple(
            Admission(label, given["total"], given["admissible"])
            for kind, label in (("person", "人员"), ("unit", "单位"))
            if (given := manifest.get("admission", {}).get(kind))
        ),
        admission_reasons=_admission_reasons(problems, titles),
        rules=_rule_lines(problems, states, examples),
        clean_rules=tuple(rules[rule] for rule in order if rule not in found and rule not in manifest["not_run"]),
        unchecked=not_checked(manifest, rules),
        sources=sources(manifest),
        states={state: sum(own.get(state, 0) for own in states.values()) for state in STATES},
        compared=compared_rules(problems),
        handling=gather_handling(problems, manifest),
        trend=trend(rounds, manifest),
        rejects=_rejects(problems),
        unmatched=tuple(
            {**item, "examples": [mask_free(str(text)) for text in item["examples"]]}
            for item in manifest.get("unmatched_columns", ())
        ),
        unmapped=tuple(
            {**item, "label": item.get("label", item["field"]), "value": _code_shown(item)}
            for item in manifest.get("unmapped_codes", ())
        ),
    )


def _code_shown(item: Mapping[str, Any]) -> str:
    """Show a code that recurs as it is (someone must map it); a value seen once or twice may be a person's name."""
    value = str(item["value"])
    return mask_digits(value) if item["count"] > 2 and len(value) <= 12 else mask_free(value)


def _tally(problems: Problems) -> None:
    """Count findings once per subject, rule and field: everything else is a sum over this small table."""
    problems.con.execute("""
        create temp table tally as
        select sid, kind, system, rank, department, f.item, count(*) n
        from problem p left join field_info f on f."table" = p."table" and f.field = p.field group by all""")


def _counts(problems: Problems, by: str, where: str = "true") -> list[Count]:
    """Count by the SQL expression ``by``, most must-fix findings first."""
    rows = problems.con.sql(f"""
        select coalesce({by}, '整行') as label, coalesce(sum(n) filter (severity = 'must_fix'), 0)::bigint as must,
            coalesce(sum(n) filter (severity <> 'must_fix'), 0)::bigint,
            count(distinct sid) filter (kind = 'person'), count(distinct sid) filter (kind = 'unit')
        from tally join rule_info using (rank) where {where} group by 1 order by 2 desc, 3 desc, 1""").fetchall()
    return [Count(*row) for row in rows]


def _grouped(problems: Problems, column: str, names: Mapping[str, str], order: Iterable[str]) -> tuple[Count, ...]:
    """Count by a name given to each value of ``column``; every name of ``order`` appears, with zeros if need be."""
    cases = " ".join(f"when '{value}' then '{name}'" for value, name in names.items())
    found = {item.label: item for item in _counts(problems, f"case {column} {cases} end")}
    return tuple(found.get(name, Count(name)) for name in order)


def _relabel(item: Count) -> Count:
    return Count(system_label(item.label), item.must, item.optional, item.persons, item.units)


def _roots(problems: Problems, rules: Mapping[str, RuleInfo]) -> tuple[Root, ...]:
    rows = problems.con.sql("""
        select i.rule, root_department, count(*) filter (kind = 'person') persons, count(*) filter (kind = 'unit') units
        from subject s join rule_info i on i.rank = s.root where kind <> 'table' group by i.rule, root_department
        order by bool_or(i.severity <> 'must_fix'), persons desc, units desc, 1, 2""").fetchall()
    return tuple(Root(rules[rule], *rest) for rule, *rest in rows)


def _scores(label: str, given: Mapping[str, float | None]) -> Scores:
    return Scores(label, tuple(given.get(name) for name in DIMENSION_LABELS))


def _states(problems: Problems) -> dict[str, dict[str, int]]:
    """Return per rule how many findings were fixed, are new, still open, or came back."""
    path = problems.round_dir / "changes.parquet"
    states: dict[str, dict[str, int]] = {}
    sql = f"select rule, state, count(*) from read_parquet({quoted(path)}) group by all"
    for rule, state, count in problems.con.sql(sql).fetchall():
        states.setdefault(rule, {})[state] = count
    return states


def _admission_reasons(problems: Problems, titles: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """Return the ten commonest reasons for which a person or unit is not admitted."""
    path = quoted(problems.round_dir / "admission.parquet")
    rows = problems.con.sql(f"""
        select reason, count(*) from (select unnest(reasons) reason from read_parquet({path}) where not admissible)
        group by 1 order by 2 desc, 1 limit 10""").fetchall()
    return tuple((titles.get(reason, reason), count) for reason, count in rows)


def _rule_lines(problems: Problems, states: Mapping[str, Mapping[str, int]], examples: int) -> tuple[RuleLine, ...]:
    lists: dict[str, list[RuleList]] = {}
    for item in problems.lists:
        lists.setdefault(item.rule.id, []).append(item)
    shown = _examples(problems, lists.values(), examples)
    persons = {item.label: (item.persons, item.units) for item in _counts(problems, "rank::varchar")}
    ranks = dict(problems.con.sql("select rule, rank::varchar from rule_info").fetchall())
    lines = [
        RuleLine(
            rule=own[0].rule,
            departments="、".join(dict.fromkeys(item.department for item in own)),
            rows=sum(item.rows for item in own),
            persons=persons[ranks[rule]][0],
            units=persons[ranks[rule]][1],
            examples=tuple(shown.get(rule, ())),
            states=states.get(rule, {}),
        )
        for rule, own in lists.items()
    ]
    return tuple(sorted(lines, key=lambda line: (line.rule.severity != "must_fix", -line.rows)))


def _examples(problems: Problems, lists: Iterable[list[RuleList]], most: int) -> dict[str, list[Example]]:
    """Return the first findings of each rule, masked; of a rule in several departments some of each."""
    wanted = [
        item.first + step for own in lists for item in own for step in range(min(max(most // len(own), 1), item.rows))
    ]
    shown: dict[str, list[Example]] = {}
    if wanted:
        rows = problems.con.sql(f"""
            select rule, "table", coalesce(system_label, ''), source_file, source_row, number, person_name, id_number,
                coalesce(unit_name, unit_no, ''), coalesce(field, ''), coalesce(field_label, '整行'), value, expected
            from problem where rn in ({", ".join(map(str, wanted))}) order by rn""").fetchall()
        for rule, *row in rows:
            shown.setdefault(rule, []).append(_example(*row))
    return shown


def _example(
    table: str, system: str, file: str | None, row: int | None, number: str | None, name: str | None,
    id_number: str | None, unit: str, field: str, label: str, value: str | None, expected: str | None,
) -> Example:  # fmt: skip
    return Example(
        system=system,
        place="全表" if row is None else f"{file} 第 {row} 行",
        number=mask_serial(number or ""),
        name=mask_name(mask_digits(name or "")),
        id_number=mask_id(id_number or ""),
        unit=mask_serial(unit),
        field=label,
        value=mask_value(table, field, value),
        expected=mask_value(table, field, expected),
    )


def _rejects(problems: Problems) -> tuple[tuple[str, str, int, str], ...]:
    """Return (file, reason, rows, first rows) of what could not be loaded."""
    path = quoted(problems.round_dir / "rejects.parquet")
    rows = problems.con.sql(f"""
        select source_file, reason, count(*), min(source_row, 5) from read_parquet({path})
        group by 1, 2 order by 1, 3 desc, 2""").fetchall()
    return tuple((file, mask_digits(reason), count, "、".join(map(str, first))) for file, reason, count, first in rows)

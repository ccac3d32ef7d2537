"""What was not checked is not what is in order: how many rows each rule is about, and which rules nothing was asked of.

Business rule: where data or parameters are missing a rule is reported as not run, with a count (S1-33); a list of rules
that found nothing must not hold one that never looked.

Invariant: every rule of the catalogue either judged all rows that it is about or stands in ``not_run`` with a reason.
"""

from __future__ import annotations

import re

from renshe.engine.rules.applicable import NotRun
from renshe.engine.rules.catalogue import Catalogue, Rule
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.holdings import StagedSource
from renshe.policy.parameters import load_parameters
from renshe.standards.dictionary import table

_PARAMETERS = re.compile(r"缺少参数 ([\w、]+)")


def complete_not_run(dataset: Dataset, catalogue: Catalogue, not_run: NotRun, *, controls: bool) -> dict[str, int]:
    """Add to ``not_run`` what no pass over rows could count; return how many rows each rule in it is about.

    ``controls``: whether the project gives control totals. Rows of a rule whose table, judged system or compared
    columns are missing count as not judged; 0 rows: nothing that the rule is about is in the project.
    """
    for rule in catalogue.rules.values():
        if rule.generic is not None:
            if rule.generic == "control" and not controls:
                not_run.add(rule.id, 0, "project.toml 没有给出控制总数（[[control]]）")
        elif rule.id not in not_run.counts:
            _look(dataset, rule, not_run)
    for name, reason in not_run.reasons.items():
        not_run.reasons[name] = _PARAMETERS.sub(_named, reason)
    return {name: sum(source.rows for source in _sources(dataset, catalogue.rules[name])) for name in not_run.counts}


def _named(hit: re.Match[str]) -> str:
    """Add to the names of parameters, by which a project gives them, what they are called."""
    labels = {entry.name: entry.label for entry in load_parameters() if entry.label}
    names = [f"{name}（{labels[name]}）" if name in labels else name for name in hit[1].split("、")]
    return f"缺少参数 {'、'.join(names)}"


def _look(dataset: Dataset, rule: Rule, not_run: NotRun) -> None:
    sources = _sources(dataset, rule)
    whose = (f"系统 {rule.judge} 的" if rule.judge else "经办系统的") + f"“{table(rule.table).label}”表"
    if not sources:
        not_run.add(rule.id, 0, f"项目中没有{whose}")
    elif not any(source.rows for source in sources):
        not_run.add(rule.id, 0, f"{whose}没有数据行")
    else:
        for name in _compared(rule):
            left = sum(s.rows for s in sources if not dataset.has_field(rule.table, name, [s.system]))
            if left:
                not_run.add(rule.id, left, f"来源中没有“{table(rule.table).field(name).label}”列")
                return


def _sources(dataset: Dataset, rule: Rule) -> list[StagedSource]:
    """Return the sources whose rows the rule judges: of one system where it names one, else of business systems."""
    systems = dataset.business_systems() if rule.judge is None else {rule.judge}
    return [source for _, source in dataset.of(rule.table) if source.system in systems]


def _compared(rule: Rule) -> list[str]:
    """Return the rule's own columns without which no two rows are alike or overlap."""
    given: tuple[str, ...] = ()
    if rule.unique is not None:
        given = rule.unique.by + rule.unique.differ
    elif rule.overlap is not None:
        given = (*rule.overlap.by, rule.overlap.start, *rule.overlap.differ)
    return [name for name in given if name in table(rule.table).names]

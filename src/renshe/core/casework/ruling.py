"""A form judged by the rule catalogue, before anything is saved (事前).

Rule (design, "the rule catalogue says what is right"): the same rule judges a hundred million rows of a round and one
form at the counter. A form's items are the fields of one row of one standard table; what rules would look up in other
tables is not there, so only rules that look at the row itself are named by case types.

Invariant: a form and the same row in a round get the same verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from renshe.core.casework.forms import Item, Problems, Value


def judge(items: Sequence[Item], rules: Sequence[str], values: Mapping[str, Value]) -> Problems:
    """Return by item what the ``rules`` of the catalogue find in ``values``; KeyError where there is no such rule."""
    # The engine is heavy; a process that serves no such form does without it.
    from renshe.engine.rules.single import judge_row

    sources = {one.source.partition(".")[2]: one for one in items if one.source is not None}
    tables = {one.source.partition(".")[0] for one in sources.values() if one.source is not None}
    if len(tables) != 1:
        raise ValueError(f"a form that rules judge has items of one table, not of {sorted(tables)}")
    row = {field: values.get(one.name) for field, one in sources.items()}
    found = judge_row(tables.pop(), row, rules)
    return {
        sources[one.field].name if one.field in sources else items[0].name: f"{one.message}；{one.remedy}"
        for one in found
    }

"""``renshe catalogue``: the data sets, as everybody who shares them must know them.

Invariant: what is printed stands in the standards; no database is asked.
"""

from __future__ import annotations

import json
from typing import Any

from renshe.cli.show import say
from renshe.standards import dictionary
from renshe.standards.data_sets import DataSet, data_sets


def run_catalogue(*, as_json: bool) -> None:
    """Print every data set with owner, level, permitted groups of posts, and the fields of its tables."""
    shown = [_shown(one) for one in data_sets().values()]
    if as_json:
        say(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    for one in shown:
        told = f"归口{one['owner']}，风险{one['level']}，至少每 {one['backup_days']} 天备份"
        say(f"{one['label']}（{one['code']}）：{told}")
        for table in one["tables"]:
            say(f"  {table['label']}（{table['name']}）：{'、'.join(field['label'] for field in table['fields'])}")


def _shown(one: DataSet) -> dict[str, Any]:
    return {
        "code": one.code,
        "label": one.label,
        "owner": one.owner_label,
        "level": one.level.label,
        "backup_days": one.level.backup_days,
        "export": sorted(one.level.export),
        "change": sorted(one.level.change),
        "tables": [_table(name) for name in one.tables],
    }


def _table(name: str) -> dict[str, Any]:
    table = dictionary.table(name)
    fields = [
        {"name": field.name, "label": field.label, "code": field.code, "protection": field.protection}
        for field in table.fields
    ]
    return {"name": name, "label": table.label, "fields": fields}

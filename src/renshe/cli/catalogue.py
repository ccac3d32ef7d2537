"""``renshe catalogue``: the data sets, as everybody who shares them must know them, and how a project's old indicators
come to them.

Invariant: what is printed stands in the standards and in the project; the bureau's database is not asked.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from renshe.cli.show import say
from renshe.engine.indicators import indicators
from renshe.engine.project import load_project
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


def run_mapping(project: Path, *, as_json: bool) -> None:
    """Print each old indicator of ``project`` with its standard field, and how many have none."""
    found = list(indicators(load_project(project)))
    lacking = sum(one.field is None for one in found)
    if as_json:
        say(json.dumps({"unmapped": lacking, "indicators": [asdict(one) for one in found]}, ensure_ascii=False))
        return
    for (system, source, name), group in groupby(found, key=lambda one: (one.system, one.source, one.table)):
        say(f"{system} {source} → {dictionary.table(name).label}（{name}）")
        for one in group:
            target = f"{one.label}（{one.field}{' ' + one.code if one.code else ''}）" if one.field else "（没有对应）"
            say(f"  {one.old} → {target}")
    say(f"共 {len(found)} 个原指标，没有对应的 {lacking} 个")
    if lacking:
        say("请在 project.toml 的 [source.columns] 中写明，或与归口科室商定后在标准中增加")


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

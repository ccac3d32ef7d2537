"""``renshe rules``: the catalogue as a list, its examples, and what changed between two packs."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer

from renshe.cli.show import say
from renshe.engine.project import load_project
from renshe.engine.rules.catalogue import Catalogue, Rule, load_catalogue
from renshe.engine.rules.packs import read_pack


def _catalogue(project: Path | None) -> Catalogue:
    return load_catalogue(load_project(project).packs if project else ())


def _row(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "table": rule.table,
        "class": rule.class_,
        "severity": rule.severity,
        "title": rule.title,
        "source": rule.source,
        "field": rule.field,
        "dimensions": list(rule.dimensions),
        "department": rule.department,
        "remedy": rule.remedy,
    }


def run_list(project: Path | None, *, as_json: bool) -> None:
    """Print the catalogue."""
    rules = sorted(_catalogue(project).rules.values(), key=lambda rule: (rule.table, rule.id))
    if as_json:
        say(json.dumps([_row(rule) for rule in rules], ensure_ascii=False, indent=1))
        return
    for rule in rules:
        say(f"{rule.id:<24} {rule.table:<16} {'必改' if rule.severity == 'must_fix' else '可选'}  {rule.title}")
    say(f"共 {len(rules)} 条")


def run_test(project: Path | None, *, backend: str, as_json: bool) -> None:
    """Run every rule's own examples on ``backend``; exit 1 when one does not behave."""
    from renshe.cli.cleaning import chosen_backend
    from renshe.engine.rules.testing import run_examples
    from renshe.engine.spark.examples import run_examples_on_spark

    catalogue = _catalogue(project)
    if chosen_backend(backend) == "spark":
        with TemporaryDirectory(prefix="renshe-spark-") as folder:
            count, failures = run_examples_on_spark(catalogue, Path(folder, "spark").resolve())
    else:
        count, failures = run_examples(catalogue)
    if as_json:
        say(json.dumps({"examples": count, "failures": [asdict(f) for f in failures]}, ensure_ascii=False))
    else:
        for failure in failures:
            kind = "应通过" if failure.kind == "pass" else "应报错"
            say(f"{failure.rule} 的第 {failure.number} 个“{kind}”示例：{failure.reason}")
        say(f"示例 {count} 个，不符 {len(failures)} 个")
    if failures:
        raise typer.Exit(1)


def run_diff(old: Path, new: Path, *, as_json: bool) -> None:
    """Print which rules two packs add, drop or change, and in what."""
    earlier, later = read_pack(old), read_pack(new)
    before, after = earlier.rules, later.rules
    changed = {
        name: sorted(key for key in asdict(before[name]) if asdict(before[name])[key] != asdict(after[name])[key])
        for name in before.keys() & after.keys()
    }
    found = {
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "changed": {name: [k for k in keys if k != "origin"] for name, keys in sorted(changed.items())},
    }
    found["changed"] = {name: keys for name, keys in found["changed"].items() if keys}  # type: ignore[attr-defined]
    if as_json:
        say(json.dumps({"versions": [earlier.version, later.version], **found}, ensure_ascii=False))
        return
    say(f"{earlier.issuer} {earlier.version} → {later.issuer} {later.version}")
    for name in found["added"]:
        say(f"新增 {name} {after[name].title}")
    for name in found["removed"]:
        say(f"删除 {name} {before[name].title}")
    for name, keys in found["changed"].items():  # type: ignore[attr-defined]
        say(f"修改 {name} {after[name].title}：{'、'.join(keys)}")

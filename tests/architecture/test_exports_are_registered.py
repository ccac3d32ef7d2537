"""Whatever leaves in bulk passes the register of bulk work (S2-63): found by itself, so that no new one forgets."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.channels.api.conftest import ground  # sets Django up

from renshe.channels.api.urls import api
from renshe.core.org.operations import operations

SOURCES = Path(__file__).resolve().parents[2] / "src" / "renshe"
ROOMS = ("core", "channels", "web")
GOES_IN = {
    "core/exchange/packages/workbook.py": "a form of packages: what leaves in it is a batch, which two people let go",
    "core/affairs/sample.py": "an invented sheet that the demo attaches to a case",
    "core/org/founding_book.py": "an empty sheet, before there is a bureau",
}
WRITERS = {"xlsxwriter", "rustpy_xlsxwriter", "csv", "openpyxl"}

assert ground


def modules() -> Iterator[tuple[str, ast.Module]]:
    for room in ROOMS:
        for path in sorted((SOURCES / room).rglob("*.py")):
            yield path.relative_to(SOURCES).as_posix(), ast.parse(path.read_text("utf-8"))


def functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def named(node: ast.AST) -> set[str]:
    """Names that are called in ``node``."""
    calls = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
    return {
        one.id if isinstance(one, ast.Name) else one.attr for one in calls if isinstance(one, ast.Name | ast.Attribute)
    }


def registered() -> set[str]:
    """Names of operations that a call of ``bulk`` in their own module is given."""
    found = set()
    for _, tree in modules():
        texts = {
            target.id: value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for targets in [node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets]
            for values in [node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]]
            for target, value in zip(targets, values, strict=False)
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "bulk":
                told = {one.arg: one.value for one in node.keywords}.get("operation")
                if isinstance(told, ast.Name):
                    found.add(str(texts.get(told.id)))
    return found


@pytest.mark.req("S2-63")
def test_every_operation_that_takes_out_is_carried_out_as_bulk_work() -> None:
    asked = {one.name for one in operations() if one.kind == "export" and not one.name.startswith(("toys.", "shop."))}
    assert asked - registered() == set() and asked


@pytest.mark.req("S2-63")
def test_every_function_that_exports_passes_the_register() -> None:
    exporting = [(where, one) for where, tree in modules() for one in functions(tree) if one.name.endswith("_export")]
    without = [f"{where} {one.name}" for where, one in exporting if "bulk" not in named(one)]
    assert without == [] and exporting


@pytest.mark.req("S2-63")
def test_whatever_writes_tables_for_people_passes_the_register() -> None:
    writing = []
    for where, tree in modules():
        imports = {
            name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([one.name for one in node.names] if isinstance(node, ast.Import) else [node.module or ""])
        }
        if imports & WRITERS and "bulk" not in named(tree) and where not in GOES_IN:
            writing.append(where)
    assert writing == []


@pytest.mark.req("S2-63")
def test_every_address_that_exports_calls_a_function_that_does() -> None:
    """Every operation of the API that answers with what is a table or an archive."""
    kinds = ("spreadsheet", "csv", "zip")
    found = []
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, operation in methods.items():
            content = operation["responses"].get(200, operation["responses"].get("200", {})).get("content", {})
            if path.endswith("/export") or any(kind in told for told in content for kind in kinds):
                found.append((method, path))
    assert found and all(method == "post" and path.endswith("/export") for method, path in found)
    [tree] = [tree for where, tree in modules() if where == "channels/api/export_api.py"]
    views = [one for one in functions(tree) if one.decorator_list]
    assert len(views) == len(found) and all(any(name.endswith("_export") for name in named(one)) for one in views)

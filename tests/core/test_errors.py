"""Every refusal has a text with a remedy, and is raised with the facts that its text asks for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from renshe.core.errors import BusinessError, facts_of, texts

SOURCES = Path(__file__).parents[2] / "src" / "renshe"


def raised() -> list[tuple[str, set[str]]]:
    """Return code and facts of every refusal that the program can raise."""
    found = []
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "BusinessError":
                code = node.args[0]
                assert isinstance(code, ast.Constant), f"{path}:{node.lineno}: the code of a refusal stands in the call"
                found.append((str(code.value), {word.arg or "**" for word in node.keywords}))
    return found


def test_every_code_that_is_raised_has_a_text_and_all_its_facts() -> None:
    assert [one for one in raised() if one[0] not in texts() or facts_of(one[0]) - one[1]] == []


def test_a_refusal_reads_as_one_line_with_its_facts() -> None:
    told = str(BusinessError("journal.sealed", row="人员 1"))
    assert told.startswith("人员 1 已封存") and "\n" not in told


def test_an_unknown_code_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        BusinessError("no.such_code")

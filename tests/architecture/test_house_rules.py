"""Rules of the house that no linter of ours holds: short files, named purposes, nothing of one machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "tests", "tools", "docs", "examples", "benchmarks", "scripts", ".ci")
TEXT = {".py", ".yaml", ".toml", ".md", ".csv", ".sh", ".html", ".css", ".js", ".j2", ".txt", ".json", ".svg", ""}
LINES, FUNCTION_LINES = 450, 60

MACHINE = re.compile(r"(?<![\w.:/<>)}])/(?:home|root|work|mnt|Users|tmp|opt)/\w|[A-Z]:\\\\?Users")
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|crates\.io|proxy\.golang|index[-_]url|extra[-]index"
    r"|mirrors?\.[\w-]+\.(?:com|cn|edu)",
    re.IGNORECASE,
)


def texts() -> Iterator[tuple[str, str]]:
    """Every text file of the repository with its name."""
    files = [path for path in ROOT.iterdir() if path.is_file()]
    files += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in files:
        if path.suffix in TEXT and "__pycache__" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), path.read_bytes().decode("utf-8", "replace")


def modules() -> list[Path]:
    return sorted((ROOT / "src").rglob("*.py"))


def test_no_module_is_too_long_to_read_at_one_sitting() -> None:
    # A migration is written by a tool and read by nobody.
    read = [path for path in modules() if path.parent.name != "migrations"]
    long = {path.name: count for path in read if (count := len(path.read_text("utf-8").splitlines())) > LINES}
    assert not long


def test_no_function_is_too_long_to_see_at_once() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES
    ]
    assert not long


def test_every_module_is_named_by_its_purpose_and_says_it() -> None:
    vague = {"utils", "util", "helpers", "helper", "misc", "common", "tools", "functions"}
    named = [path for path in modules() if path.stem in vague]
    # A migration is written by a tool and says nothing that the models do not.
    spoken = [path for path in modules() if path.stat().st_size and path.parent.name != "migrations"]
    silent = [path for path in spoken if not ast.get_docstring(ast.parse(path.read_text()))]
    assert not named
    assert not silent


def test_nothing_is_left_for_later_in_a_comment() -> None:
    later = re.compile(r"#.*\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
    assert [name for name, text in texts() if name.endswith(".py") and later.search(text)] == []


@pytest.mark.parametrize("pattern", [MACHINE, REGISTRY], ids=["path of a machine", "package registry"])
def test_the_repository_names_nothing_of_one_machine(pattern: re.Pattern[str]) -> None:
    found = [f"{name}: {match[0]}" for name, text in texts() for match in pattern.finditer(text)]
    assert found == []


def test_the_patterns_find_what_they_are_for() -> None:
    paths = ["open('" + "/ho" + "me/li/a.csv')", "cd /wo" + "rk/x", "C:\\Us" + "ers\\li"]
    hosts = ["https://py" + "pi.org/simple", "pip --index-" + "url x", "mirr" + "ors.example.com"]
    assert all(MACHINE.search(text) for text in paths)
    assert all(REGISTRY.search(text) for text in hosts)
    assert not MACHINE.search("<a></a> https://example.org/work/x ./tmp/x rounds/0001")


def test_links_of_the_documents_lead_somewhere() -> None:
    broken = []
    for name, text in texts():
        if name.endswith(".md"):
            for target in re.findall(r"\]\(([^)#\s]+)", text):
                if "://" not in target and not (ROOT / name).parent.joinpath(target).exists():
                    broken.append(f"{name}: {target}")
    assert broken == []

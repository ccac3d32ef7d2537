"""Write ``docs/requirements.md``: every requirement with the tests that prove it, in whole or in part, or "not yet".

A requirement counts as met only where a test says so: ``@pytest.mark.req("S1-14")`` on a test, its class or its module
(``pytestmark``), with ``part="…"`` where only a part is proved. Test files are parsed, never imported.

Invariant: no mark is lost in silence. A number that the matrix does not have, a mark whose arguments are not literals,
a mark on something that is not a test and a mark on a skipped test are errors with file and line.

    .venv/bin/python tools/requirements.py        # or: make requirements
"""

from __future__ import annotations

import ast
import csv
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MATRIX = ROOT / "docs/requirements/matrix.csv"
TARGET = ROOT / "docs/requirements.md"
TESTS = ROOT / "tests"

KINDS = {
    "F": "function",
    "R": "rule",
    "C": "control",
    "O": "role",
    "P": "report or form",
    "T": "time limit",
    "D": "data set",
    "I": "interface",
    "N": "quality",
}
SOURCES = {
    "S0": "County rules for cleaning the data of 金保工程",
    "S1": "Baicheng plan for the data of employees' pension insurance, 白社保〔2021〕22号",
    "S2": "A province's regulation on the management of pension data, 2022",
    "S3": "Notice on the system of universal registration, 人社厅发〔2015〕86号",
    "S4": "Plan of an integrated information system of a city",
}
_NEVER_RUN = {"skip", "xfail"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


class TraceError(ValueError):
    """Marks that cannot be traced, one ``file:line: reason`` a line."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the matrix: ``phrase`` as the source says it, ``text`` as a developer can test it."""

    number: str
    phrase: str
    text: str
    kind: str
    module: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A test that proves requirement ``number``: ``part`` is None for the whole of it."""

    number: str
    test: str
    part: str | None


def read_matrix(path: Path) -> list[Requirement]:
    """Return the rows of the matrix in order; ValueError where a number is there twice or a kind is unknown."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [
            Requirement(row["number"], row["phrase"], row["requirement"], row["kind"], row["module"])
            for row in csv.DictReader(stream)
        ]
    twice = [number for number, count in Counter(row.number for row in rows).items() if count > 1]
    strange = [row.number for row in rows if row.kind not in KINDS]
    if twice or strange:
        raise ValueError(f"{path}: numbers twice: {twice}; unknown kind: {strange}")
    return rows


def collect_proofs(tests: Path, numbers: Iterable[str]) -> list[Proof]:
    """Return the proofs in all test files under ``tests``; TraceError names every mark that is wrong."""
    known, proofs, problems = set(numbers), [], []
    for path in sorted(tests.rglob("test_*.py")):
        name = path.relative_to(tests.parent).as_posix()
        reader = _FileReader(name, known)
        reader.read(ast.parse(path.read_text("utf-8"), filename=name))
        proofs += reader.proofs
        problems += reader.problems
    if problems:
        raise TraceError("\n".join(problems))
    return proofs


class _FileReader:
    """Collects the marks of one file: those of a module and a class hold for every test inside."""

    def __init__(self, name: str, known: set[str]) -> None:
        self.name = name
        self.known = known
        self.proofs: list[Proof] = []
        self.problems: list[str] = []

    def read(self, module: ast.Module) -> None:
        """Collect the marks of ``module``; what was not reached from a test is a problem."""
        reached: set[ast.Attribute] = set()
        self._scope(module, [], "", reached)
        for node in ast.walk(module):
            if isinstance(node, ast.Attribute) and _is_mark(node, "req") and node not in reached:
                self._problem(node, "a req mark that belongs to no test")

    def _scope(
        self, scope: ast.Module | ast.ClassDef, outer: list[ast.expr], prefix: str, reached: set[ast.Attribute]
    ) -> None:
        marks = [*outer, *_pytestmark(scope)]
        for node in scope.body:
            if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
                self._scope(node, [*marks, *node.decorator_list], f"{prefix}::{node.name}", reached)
            elif isinstance(node, Function) and node.name.startswith("test"):
                self._test([*marks, *node.decorator_list], f"{self.name}{prefix}::{node.name}", reached)

    def _test(self, marks: list[ast.expr], test: str, reached: set[ast.Attribute]) -> None:
        inside = [node for mark in marks for node in ast.walk(mark)]
        calls = [node for node in inside if isinstance(node, ast.Call) and _is_mark(node.func, "req")]
        dead = any(_is_mark(node, name) for node in inside for name in _NEVER_RUN)
        for call in calls:
            assert isinstance(call.func, ast.Attribute)
            if call.func not in reached and dead:
                self._problem(call, "a test that is skipped or expected to fail proves nothing")
            first = call.func not in reached
            reached.add(call.func)
            self._call(call, test, complain=first)

    def _call(self, call: ast.Call, test: str, *, complain: bool) -> None:
        try:
            numbers = [ast.literal_eval(value) for value in call.args]
            named = {str(item.arg): ast.literal_eval(item.value) for item in call.keywords}
        except ValueError:
            if complain:
                self._problem(call, "numbers and part of a req mark must be literals")
            return
        part = named.pop("part", None)
        wrong = [number for number in numbers if number not in self.known]
        if complain and (wrong or named or not numbers):
            self._problem(call, f"unknown requirement {', '.join(map(repr, [*wrong, *named])) or '(none given)'}")
        self.proofs += [Proof(number, test, part) for number in numbers if number in self.known]

    def _problem(self, node: ast.expr, reason: str) -> None:
        self.problems.append(f"{self.name}:{node.lineno}: {reason}")


def _is_mark(node: ast.AST, name: str) -> bool:
    """Tell whether ``node`` reads ``pytest.mark.<name>`` or ``mark.<name>``."""
    if not isinstance(node, ast.Attribute) or node.attr != name:
        return False
    owner = node.value
    return (isinstance(owner, ast.Attribute) and owner.attr == "mark") or (
        isinstance(owner, ast.Name) and owner.id == "mark"
    )


def _pytestmark(scope: ast.Module | ast.ClassDef) -> Iterator[ast.expr]:
    for node in scope.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in targets):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            if node.value is not None:
                yield node.value


def render(rows: Sequence[Requirement], proofs: Iterable[Proof]) -> str:
    """Return the page: figures per module, then every row with its tests."""
    found: dict[str, list[Proof]] = {row.number: [] for row in rows}
    for proof in proofs:
        if proof not in found[proof.number]:
            found[proof.number].append(proof)
    lines = [
        "# Requirements and the tests that prove them",
        "",
        "Written by `make requirements` from `docs/requirements/matrix.csv` and the marks in `tests/`.",
        "A row is proved when a test carries its number, in part when the test says which part.",
        "",
        *_summary(rows, found),
    ]
    source = ""
    for row in rows:
        if row.number.split("-")[0] != source:
            source = row.number.split("-")[0]
            lines += ["", f"## {source}: {SOURCES[source]}", ""]
            lines += ["| No. | Requirement | Kind | Module | Proved by |", "|---|---|---|---|---|"]
        text = f"「{_cell(row.phrase)}」 {_cell(row.text)}"
        lines.append(f"| {row.number} | {text} | {KINDS[row.kind]} | {row.module} | {_tests(found[row.number])} |")
    return "\n".join(lines) + "\n"


def _summary(rows: Sequence[Requirement], found: dict[str, list[Proof]]) -> Iterator[str]:
    yield "| module | rows | proved | in part | not yet |"
    yield "|---|---:|---:|---:|---:|"
    states = {row.number: _state(found[row.number]) for row in rows}
    for module in [*sorted({row.module for row in rows}), "all"]:
        counts = Counter(states[row.number] for row in rows if module in (row.module, "all"))
        yield f"| {module} | {counts.total()} | {counts['proved']} | {counts['in part']} | {counts['not yet']} |"


def _state(proofs: Sequence[Proof]) -> str:
    if not proofs:
        return "not yet"
    return "in part" if all(proof.part for proof in proofs) else "proved"


def _tests(proofs: Sequence[Proof]) -> str:
    if not proofs:
        return "not yet"
    items = (f"`{proof.test}`" + (f" (part: {_cell(proof.part)})" if proof.part else "") for proof in proofs)
    return "<br>".join(sorted(items))


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").replace("<", "&lt;")


def main() -> int:
    """Write the page; return 1 and say where when a mark is wrong."""
    rows = read_matrix(MATRIX)
    try:
        proofs = collect_proofs(TESTS, (row.number for row in rows))
    except TraceError as error:
        print(error, file=sys.stderr)
        return 1
    TARGET.write_text(render(rows, proofs), "utf-8")
    states = Counter(_state([proof for proof in proofs if proof.number == row.number]) for row in rows)
    print(f"{TARGET.relative_to(ROOT)}: " + ", ".join(f"{states[s]} {s}" for s in ("proved", "in part", "not yet")))
    return 0


if __name__ == "__main__":
    sys.exit(main())

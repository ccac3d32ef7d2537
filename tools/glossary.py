"""Write the second part of ``docs/glossary.md``: every standard table, field and code list of the data dictionary.

What stands above the line ``MARKER`` is kept by hand and left as it is.

    .venv/bin/python tools/glossary.py        # or: make glossary
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from renshe.standards.codes import code_list
from renshe.standards.dictionary import TABLES, Table, table

TARGET = Path(__file__).resolve().parent.parent / "docs/glossary.md"
MARKER = "<!-- From here on: written by make glossary from the data dictionary. -->"


def generated() -> str:
    """Return the part of the page that follows from the dictionary, from ``MARKER`` to its end."""
    tables = [table(name) for name in (*TABLES, "parameter")]
    lines = [MARKER, "", "## Standard tables", "", "| Chinese | in code | key | owner |", "|---|---|---|---|"]
    for item in tables:
        key = ", ".join(item.key) + (f" (or {', '.join(item.key_else)})" if item.key_else else "")
        lines.append(f"| {item.label} | `{item.name}` | {key} | {item.owner} |")
    lines += [
        "",
        "## Fields",
        "",
        "| Chinese | in code | code | type | code list | tables |",
        "|---|---|---|---|---|---|",
    ]
    lines += _fields(tables)
    lines += ["", "## Code lists", "", "| Chinese | in code | code | values | document |", "|---|---|---|---|---|"]
    lines += _code_lists(tables)
    return "\n".join(lines) + "\n"


def _fields(tables: list[Table]) -> Iterator[str]:
    found: dict[tuple[str, ...], list[str]] = {}
    for item in tables:
        for field in item.fields:
            what = (field.name, field.label, field.code, field.type, field.codes or "")
            found.setdefault(what, []).append(item.name)
    for (name, label, code, kind, codes), names in sorted(found.items()):
        where = "every table" if len(names) >= len(TABLES) else ", ".join(names)
        yield f"| {label} | `{name}` | {code} | {kind} | {codes} | {where} |"


def _code_lists(tables: list[Table]) -> Iterator[str]:
    for name in sorted({field.codes for item in tables for field in item.fields if field.codes}):
        found = code_list(name)
        values = [f"{code.value} {code.label}" for code in found.values.values()]
        shown = "；".join(values) if len(values) <= 12 else f"{len(values)} values, `data/codes/{name}.yaml`"
        yield f"| {found.label} | `{name}` | {found.code} | {shown} | {found.document} |"


def main() -> None:
    """Replace the generated part of the page."""
    by_hand = TARGET.read_text("utf-8").split(MARKER)[0].rstrip()
    TARGET.write_text(f"{by_hand}\n\n{generated()}", "utf-8")


if __name__ == "__main__":
    main()

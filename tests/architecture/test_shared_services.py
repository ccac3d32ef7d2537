"""Access, codes, workflow and log are each one room's, used by every module: nobody keeps a copy of his own (S4-7)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "src" / "renshe"

# What only the room that offers a service needs to say, and where that room is.
SERVICES = {
    "access: passwords, tokens, who may do what": (
        re.compile(r"\bargon2\b|django\.contrib\.auth|hashlib\.(?:pbkdf2|scrypt)"),
        ("core/org",),
    ),
    "log: what writes the journal": (
        re.compile(
            r"INSERT INTO (?:journal_|@entry)|journal_declare\(|\bEntry\.objects\.(?:bulk_)?create"
            r"|django\.contrib\.admin"
        ),
        ("core/journal",),
    ),
    "workflow: what decides a case": (
        re.compile(r"\bDecision\.objects\.(?:bulk_)?create|\bCase\.objects\.(?:bulk_)?create"),
        ("core/casework",),
    ),
    "codes: what reads code lists": (
        re.compile(r"data[\"', /]+codes\b"),
        ("standards",),
    ),
}


@pytest.mark.req("S4-7")
@pytest.mark.parametrize("service", SERVICES)
def test_no_module_keeps_a_copy_of_a_shared_service(service: str) -> None:
    pattern, homes = SERVICES[service]
    files = [path for path in SOURCES.rglob("*") if path.suffix in (".py", ".sql") and "migrations" not in path.parts]
    saying = [path for path in files if pattern.search(path.read_text("utf-8"))]
    elsewhere = [
        str(path.relative_to(SOURCES)) for path in saying if not str(path.relative_to(SOURCES)).startswith(homes)
    ]
    assert elsewhere == []
    assert saying, "the room itself must be found, or this looks for nothing"


@pytest.mark.req("S4-7")
def test_code_lists_stand_in_the_standards_alone() -> None:
    lists = [path for path in SOURCES.rglob("*.csv") if not path.is_relative_to(SOURCES / "standards")]
    assert lists == []

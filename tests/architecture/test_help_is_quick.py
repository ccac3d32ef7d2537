"""Help is instant because nothing heavy is imported for it; what is imported is tested, not the time."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

HEAVY = {"duckdb", "pyarrow", "numpy", "sqlalchemy", "psycopg", "jinja2", "yaml", "xlsxwriter", "python_calamine"}

# Runs the command in a fresh interpreter and prints which modules it has loaded when it exits.
PROBE = """
import atexit, json, sys
atexit.register(lambda: print("\\n" + json.dumps(sorted(sys.modules))))
sys.argv = ["renshe", *{arguments!r}]
from renshe.cli.main import main
main()
"""


def run(arguments: list[str], locale: str) -> tuple[str, set[str]]:
    environment = {**os.environ, "LC_ALL": locale, "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=arguments)],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    text, _, modules = done.stdout.rstrip().rpartition("\n")
    return text, set(json.loads(modules))


@pytest.mark.parametrize("arguments", [["--help"], ["clean", "--help"], ["rules", "--help"], ["simulate", "--help"]])
def test_help_loads_no_heavy_library(arguments: list[str]) -> None:
    text, modules = run(arguments, "zh_CN.UTF-8")
    assert "renshe" in text
    assert modules & HEAVY == set()


def test_help_speaks_the_language_of_the_locale() -> None:
    chinese, _ = run(["--help"], "zh_CN.UTF-8")
    english, _ = run(["--help"], "en_US.UTF-8")
    assert "整理各系统的数据" in chinese
    assert "整理各系统的数据" not in english
    assert "two people and a trace" in english

"""The tutorial is run as it stands, in a copy of the repository, and is as short as it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/tutorial.md").read_text("utf-8")
MOST = 60
_BLOCK = re.compile(r"\(`([a-z_/]+\.py)`\).*?```python\n(.*?)```", re.DOTALL)
_SETTINGS, _APP, _BEHIND = "src/renshe/web/settings.py", '"renshe.modules.trial"', '"renshe.core.affairs"'
_ORDERS = re.findall(r"^\.venv/bin/(.+)$", PAGE, re.MULTILINE)


def blocks() -> dict[str, str]:
    return dict(_BLOCK.findall(PAGE))


def test_an_operation_with_its_test_takes_less_than_sixty_lines() -> None:
    lines = [line for text in blocks().values() for line in text.splitlines() if line.strip()]
    assert {Path(name).name for name in blocks()} == {"models.py", "cases.py", "test_cases.py"}
    assert 30 < len(lines) < MOST


@pytest.mark.xdist_group("homes")
def test_what_the_tutorial_shows_works(tmp_path: Path) -> None:
    assert all(one in PAGE for one in (_SETTINGS, _APP, _BEHIND)) and len(_ORDERS) == 3
    copy = tmp_path / "renshe"
    for part in ("src", "tests", "tools", "pyproject.toml"):
        whole = ROOT / part
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(whole, copy / part, ignore=ignored) if whole.is_dir() else shutil.copy(whole, copy)
    settings = copy / _SETTINGS
    text = settings.read_text("utf-8")
    settings.write_text(text.replace(f"{_BEHIND},", f"{_BEHIND},\n    {_APP},"), "utf-8")
    for name, text in blocks().items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text(text, "utf-8")
    other = ("RENSHE_", "DATABASE_", "DJANGO_", "PYTEST_")
    run = {name: value for name, value in os.environ.items() if not name.startswith(other)} | {
        "RENSHE_HOME": str(tmp_path / "home"),
        "PYTHONPATH": os.pathsep.join([str(copy), str(copy / "src")]),
    }
    programs = {"python": [], "pytest": ["-m", "pytest"], "renshe": ["-m", "renshe.cli.main"]}
    said = []
    for order in _ORDERS:
        program, *arguments = order.split()
        done = subprocess.run(
            [sys.executable, *programs[program], *arguments],
            env=run,
            cwd=copy,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said.append(done.stdout)
    assert (copy / "src/renshe/modules/trial/migrations/0001_initial.py").exists()
    assert "1 passed" in said[1] or "[100%]" in said[1]

"""The tutorial is run as it stands, and is as short as it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST = 60
_BLOCK = re.compile(r"\(`trial/([a-z_]+\.py)`\).*?```python\n(.*?)```", re.DOTALL)
SETTINGS = """
from tests.core.settings import *
INSTALLED_APPS = [*INSTALLED_APPS, "trial"]
"""
CONFTEST = """
from tests.core import conftest as ground
from tests.conftest import postgres_url
from tests.core.casework.conftest import office
logins, db = ground.logins, ground.db
"""


def blocks() -> dict[str, str]:
    return dict(_BLOCK.findall((ROOT / "docs/tutorial.md").read_text("utf-8")))


def test_an_operation_with_its_test_takes_less_than_sixty_lines() -> None:
    lines = [line for text in blocks().values() for line in text.splitlines() if line.strip()]
    assert set(blocks()) == {"models.py", "cases.py", "test_cases.py"} and 30 < len(lines) < MOST


def test_what_the_tutorial_shows_works(tmp_path: Path) -> None:
    app = tmp_path / "trial"
    app.mkdir()
    for name, text in blocks().items():
        (app / name).write_text(text, "utf-8")
    (app / "__init__.py").touch()
    (app / "conftest.py").write_text(CONFTEST, "utf-8")
    (tmp_path / "trial_settings.py").write_text(SETTINGS, "utf-8")
    run = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "trial_settings",
        "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT), str(ROOT / "src")]),
    }
    configured = ["-n", "0", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path)]
    for order in (
        [sys.executable, str(ROOT / "tools/migrations.py"), "trial"],
        [sys.executable, "-m", "pytest", *configured, str(app)],
    ):
        done = subprocess.run(order, env=run, cwd=tmp_path, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (app / "migrations/0001_initial.py").exists() and "1 passed" in done.stdout

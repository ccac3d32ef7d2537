"""What the README shows is what the program takes and gives."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from renshe.cli.main import app
from renshe.engine.project import load_project
from renshe.engine.rounds.clean import clean
from tools import speed

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh.md")


def example(name: str) -> str:
    found = re.search(r"```toml\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("name", READMES)
def test_the_project_of_the_readme_loads(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSION_URL", "postgresql://nobody:secret@localhost/none")
    (tmp_path / "project.toml").write_text(example(name), "utf-8")
    for source in tomllib.loads(example(name))["source"]:
        if "file" in source:
            file = tmp_path / source["file"].replace("*", "1")
            file.parent.mkdir(exist_ok=True)
            file.touch()
    project = load_project(tmp_path)
    assert [source.path.suffix if source.path else "query" for source in project.sources] == [
        ".csv",
        ".xlsx",
        ".dbf",
        ".parquet",
        "query",
        ".csv",
        ".csv",
    ]
    assert "secret" not in repr(project)


def test_both_languages_show_the_same_project() -> None:
    english, chinese = (tomllib.loads(example(name)) for name in READMES)
    assert english == chinese


@pytest.mark.parametrize("name", READMES)
def test_commands_of_the_readme_exist(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|\.venv/bin/)renshe ([a-z-]+)", text)) <= commands
    assert set(re.findall(r"\bmake ([a-z]+)", text)) <= targets


def test_a_round_holds_the_files_of_the_readme(tmp_path: Path) -> None:
    for file in ("project.toml", "person.csv", "contribution.csv", "parameter.csv"):
        shutil.copy(ROOT / "examples/small" / file, tmp_path)
    folder = clean(tmp_path).folder
    for name in READMES:
        # What a command of its own sets beside a round is no file of the round.
        rows = re.findall(r"^\| (`[^|]*`) \|(?!.*`renshe )", (ROOT / name).read_text("utf-8"), re.MULTILINE)
        told = [re.sub(r"<.*?>", "*", file) for row in rows for file in re.findall(r"`([^`]+)`", row)]
        # What stands in folders of its own comes from other commands.
        told = [file for file in told if not file.endswith("/")]
        assert len(told) == 11
        assert [file for file in told if not list(folder.glob(file))] == []


@pytest.mark.parametrize("name", READMES)
def test_figures_of_speed_are_those_of_the_results(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert speed.SECTION.search(text)
    assert text == speed.filled(name), "run tools/speed.py and commit the READMEs"

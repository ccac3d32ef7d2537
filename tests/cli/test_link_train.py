"""``renshe link --train`` as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.linking.rounds import write_round
from typer.testing import CliRunner

from renshe.cli.main import app
from renshe.engine.linking import training


def test_training_then_linking_by_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_RANDOM", 200_000)
    monkeypatch.setattr(training, "_TIMES", 1)
    write_round(tmp_path / "project", 1_500, 8, 0.2)
    done = CliRunner().invoke(app, ["link", str(tmp_path / "project"), "--train"], catch_exceptions=False)
    assert done.exit_code == 0
    assert "linking/person-weights.yaml" in done.output
    assert (tmp_path / "project/linking/person-weights.yaml").is_file()
    again = CliRunner().invoke(app, ["link", str(tmp_path / "project")], catch_exceptions=False)
    assert again.exit_code == 0
    assert "linking/person-weights.yaml" in again.output

"""A project's own parameters: what cannot be right stops the round, named as the user will look for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from renshe.engine.project import ProjectError
from renshe.engine.rounds.clean import clean

GOLDEN = Path(__file__).parents[2] / "golden" / "project"
PACK = """table: person
rules:
  - id: JL-PER-OWN
    title: 本省自有参数
    severity: optional
    class: logic
    dimensions: [accuracy]
    source: 测试
    remedy: 核对
    fail: person_no = '1' and param('own_limit', 202101) < 1
    examples: {pass: [{person_no: '2'}], fail: [{row: {person_no: '1'}, params: [
      {name: own_limit, start_month: 202001, value: '0'}]}]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the golden project."""
    return Path(shutil.copytree(GOLDEN, tmp_path / "项目"))


def _refused(project: Path, row: str) -> str:
    file = project / "参数.csv"
    lines = file.read_text("utf-8-sig").splitlines()
    file.write_text("\n".join([*lines, "", row, ""]), "utf-8")
    with pytest.raises(ProjectError) as caught:
        clean(project)
    assert not list((project / "rounds").glob("*"))
    # The empty line counts as a line of the file.
    assert f"参数.csv第{len(lines) + 2}行" in str(caught.value)
    assert "project.toml" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("base_flor,220800,110,,202001,3000", "“base_flor”，是不是 base_floor？"),
        ("base_floor,220800,110,,二〇二〇年初,3000", "start_month 为“二〇二〇年初”"),
        ("base_floor,220800,110,,202001,三千元整", "value 为“三千元整”"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named_with_file_line_and_value(project: Path, row: str, said: str) -> None:
    assert said in _refused(project, row)


def test_a_name_that_only_a_pack_asks_for_is_known(project: Path) -> None:
    (project / "规则包").mkdir()
    (project / "规则包" / "pack.yaml").write_text("issuer: 某省\nversion: '1'\n", "utf-8")
    (project / "规则包" / "person.yaml").write_text(PACK, "utf-8")
    with (project / "参数.csv").open("a", encoding="utf-8") as file:
        file.write("own_limit,220800,,,202001,5\n")
    assert clean(project).number == 1, "an agency may keep parameters that nothing asks for"
    toml = project / "project.toml"
    toml.write_text(toml.read_text("utf-8") + '\n[rules]\npacks = ["规则包"]\n', "utf-8")
    assert "JL-PER-OWN" not in clean(project).manifest["not_run"]

"""A project's own weights: written by ``--train``, used from then on, refused where they do not fit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from benchmarks.linking.rounds import write_round

from renshe.engine.linking import training
from renshe.engine.linking.linking import link
from renshe.engine.linking.model import load_model
from renshe.engine.project import ProjectError

pytestmark = pytest.mark.xdist_group("own weights")

WEIGHTS = "linking/person-weights.yaml"


@pytest.fixture(autouse=True, scope="module")
def quicker() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_RANDOM", 200_000)
        patch.setattr(training, "_TIMES", 1)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "project"
    write_round(folder, 2_000, 6, 0.2)
    return folder


@pytest.fixture(scope="module")
def trained(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(made, tmp_path_factory.mktemp("trained") / "project"))
    link(folder, train=True)
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    """A project that was never linked."""
    return Path(shutil.copytree(made, tmp_path / "project"))


def test_later_runs_use_what_training_kept_until_it_is_taken_away(trained: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(trained, tmp_path / "project"))
    first = json.loads((project / "rounds/0001/link/manifest.json").read_text("utf-8"))["model"]
    assert first.startswith("2+0001-")
    links = (project / "rounds/0001/link/links.parquet").read_bytes()
    later = link(project)
    assert later.manifest["model"] == first
    assert (later.folder / "links.parquet").read_bytes() == links
    (project / WEIGHTS).unlink()
    assert link(project).manifest["model"] == load_model("person").version


def test_training_again_writes_the_same_file(trained: Path, project: Path) -> None:
    link(project, train=True)
    assert (project / WEIGHTS).read_bytes() == (trained / WEIGHTS).read_bytes()
    assert sorted(path.name for path in (project / "linking").iterdir()) == ["person-weights.yaml"]


def test_the_file_has_the_form_of_the_shipped_one_and_tells_where_it_comes_from(trained: Path) -> None:
    told = yaml.safe_load((trained / WEIGHTS).read_text("utf-8"))
    shipped = load_model("person")
    assert {name: set(levels) for name, levels in told["weights"].items()} == {
        name: set(levels) for name, levels in shipped.weights.items()
    }
    assert (told["same"], told["review"]) == (shipped.same, shipped.review)
    assert told["trained"]["by"] == "renshe link --train"
    assert told["trained"]["round"] == 1
    assert told["trained"]["as_of"] == "2021-05-31"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "not: [weights",
        "version: 1",
        "- 1",
        "{version: 1, same: 6, review: 0, weights: {number: {equal: [0.9, 0.1]}}}",
        "{version: 1, same: 6, review: 0, weights: {number: {equal: 0.9}}}",
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_a_remedy(project: Path, written: str) -> None:
    (project / "linking").mkdir()
    (project / WEIGHTS).write_text(written, "utf-8")
    with pytest.raises(ProjectError, match=r"person-weights\.yaml：不是当前版本可用的关联权重；请删去该文件"):
        link(project)
    assert not (project / "rounds/0001/link").exists()


def test_training_mends_a_file_that_does_not_fit(project: Path) -> None:
    (project / "linking").mkdir()
    (project / WEIGHTS).write_text("version: 1", "utf-8")
    assert link(project, train=True).manifest["model"].startswith("2+0001-")


def test_a_share_of_nothing_is_refused(trained: Path, project: Path) -> None:
    told = yaml.safe_load((trained / WEIGHTS).read_text("utf-8"))
    told["weights"]["sex"]["equal"] = [0.0, 0.5]
    (project / "linking").mkdir()
    (project / WEIGHTS).write_text(yaml.safe_dump(told), "utf-8")
    with pytest.raises(ProjectError, match="--train 重新估计"):
        link(project)


def test_too_little_data_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    write_round(tmp_path / "small", 300, 6, 0.2)
    with pytest.raises(ProjectError, match="不足以重新估计关联权重（至少要 1,000 条、300 对）；请不带 --train 运行"):
        link(tmp_path / "small", train=True)
    assert not (tmp_path / "small/linking").exists()
    assert not (tmp_path / "small/rounds/0001/link").exists()

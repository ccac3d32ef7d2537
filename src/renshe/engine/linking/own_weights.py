"""A project's own weights: ``linking/<entity>-weights.yaml``, which ``renshe link --train`` writes and later runs use.

Invariant: the file fits the model that is shipped now, level by level, or nothing is linked; taking it away brings the
shipped weights back. It appears by one rename.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import yaml

from renshe.engine.linking.model import Model, load_model
from renshe.engine.linking.training import PAIRS, RECORDS, TooLittleError, train
from renshe.engine.project import ProjectError

FOLDER = "linking"


def own_model(project: Path, entity: str) -> Model:
    """Return the model of ``entity`` with the weights of ``project``, where it has any, else as shipped.

    ProjectError where the project's weights cannot be used.
    """
    file = _file(project, entity)
    if not file.exists():
        return load_model(entity)
    try:
        model = load_model(entity, file.read_text("utf-8"))
        _fit(model)
    except (OSError, ValueError, TypeError, AttributeError, KeyError, yaml.YAMLError):
        raise ProjectError(
            f"{file}：不是当前版本可用的关联权重；请删去该文件（改用随软件提供的权重），"
            f"或运行 renshe link {project} --train 重新估计"
        ) from None
    return model


def train_own(connection: duckdb.DuckDBPyConnection, project: Path, entity: str, told: Mapping[str, Any]) -> Model:
    """Estimate weights on the records in ``records`` of the round whose manifest is ``told``, keep them in ``project``,
    return the model with them. ProjectError where there is too little to learn from."""
    shipped = load_model(entity)
    try:
        trained = train(connection, shipped)
    except TooLittleError as error:
        raise ProjectError(
            f"{project}：只有 {error.records:,} 条记录、其中同一人的约 {error.pairs:,} 对，不足以重新估计关联权重"
            f"（至少要 {RECORDS:,} 条、{PAIRS:,} 对）；请不带 --train 运行 renshe link，使用随软件提供的权重"
        ) from None
    number = told["round"]
    source = {"round": number, "as_of": told["as_of"], "data": told.get("digests", {}).get(entity)}
    text = trained.yaml(f"{shipped.version.partition('-')[0]}+{number:04d}", source)
    file = _file(project, entity)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    partial = file.with_suffix(".tmp")
    partial.write_text(text, "utf-8")
    partial.chmod(0o600)
    partial.replace(file)
    return load_model(entity, text)


def _file(project: Path, entity: str) -> Path:
    return project / FOLDER / f"{entity}-weights.yaml"


def _fit(model: Model) -> None:
    """Raise ValueError unless every level that weighs has weights, and none besides."""
    wanted = {one.name: {level.id for level in one.levels if not level.neutral} for one in model.comparisons}
    if wanted != {name: set(levels) for name, levels in model.weights.items()}:
        raise ValueError("levels")
    if not all(0 < share <= 1 for levels in model.weights.values() for pair in levels.values() for share in pair):
        raise ValueError("shares")

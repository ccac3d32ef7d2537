"""Links found on Spark are those found on one machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.engine.linking.conftest import same_rows, write_round
from tests.engine.linking.test_link_runs import FILES, link_folder, people

from renshe.engine.linking.linking import link
from renshe.engine.spark import session


@pytest.mark.usefixtures("spark")
def test_spark_finds_the_same_links_and_clusters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Code for every query of so few people would take longer than the people.
    monkeypatch.setitem(session._SAME, "spark.sql.codegen.wholeStage", "false")
    monkeypatch.setitem(session._SAME, "spark.sql.codegen.factoryMode", "NO_CODEGEN")
    write_round(tmp_path, {"person": people(1500, 9)})
    link(tmp_path)
    for name in FILES:
        shutil.copy(link_folder(tmp_path, 1) / f"{name}.parquet", tmp_path)
    link(tmp_path, backend="spark")
    for name in FILES:
        assert same_rows(tmp_path / f"{name}.parquet", link_folder(tmp_path, 1) / f"{name}.parquet"), name

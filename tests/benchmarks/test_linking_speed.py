"""The comparison with Splink judges both by the same truth, on what both wrote in the same form."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from benchmarks.linking import with_splink
from benchmarks.linking.rounds import write_round
from benchmarks.linking.speed import judge

from renshe.engine.linking.linking import link


def test_both_are_judged_by_the_same_truth(tmp_path: Path) -> None:
    project = tmp_path / "project"
    assert write_round(project, 3_000, 5, 0.2) > 4_000
    ours = judge(project, link(project).folder)
    with_splink.main(project, tmp_path / "splink", 100_000)
    theirs = judge(project, tmp_path / "splink")
    assert ours["links"]["true_pairs"] == theirs["links"]["true_pairs"] > 1_500
    for found in (ours, theirs):
        for way in ("links", "clusters"):
            assert found[way]["recall"] > 0.9
            assert found[way]["precision"] > 0.9


def test_wrong_and_missing_links_and_clusters_are_counted(tmp_path: Path) -> None:
    people = {"system": ["a", "a", "b", "b", "b"], "key": ["1", "2", "1", "2", "3"], "person": [1, 2, 1, 2, 2]}
    pq.write_table(pa.table(people), tmp_path / "truth.parquet")
    links = {
        "left_system": ["a", "a", "a"],
        "left_key": ["1", "2", "1"],
        "right_system": ["b", "b", "b"],
        "right_key": ["1", "3", "2"],
        "decision": ["same", "same", "review"],
    }
    pq.write_table(pa.table(links), tmp_path / "links.parquet")
    clusters = {
        "cluster": ["x", "x", "x", "y", "z"],
        "system": ["a", "b", "a", "b", "b"],
        "key": ["1", "1", "2", "2", "3"],
    }
    pq.write_table(pa.table(clusters), tmp_path / "clusters.parquet")
    found = judge(tmp_path, tmp_path)
    told = ("true_pairs", "linked", "right", "wrong")
    assert [found["links"][name] for name in told] == [4, 2, 2, 0]
    assert [found["clusters"][name] for name in told] == [4, 3, 1, 2]

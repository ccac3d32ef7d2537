"""Links the people of a round with Splink as its documentation advises: stock comparisons, training, clusters.

Usage: ``python -m benchmarks.linking.with_splink PROJECT TARGET MAX_PAIRS``; writes ``links.parquet`` and
``clusters.parquet`` to TARGET in the form of ``renshe link`` and prints the CPU seconds of each step.

In its best light: columns as they are in the Parquet file, no more of them than are compared, none kept that only
charts need; four blocking rules on equal columns; all the memory it wants. Damerau–Levenshtein on number, name and
birth, equality of sex and unit, with frequencies for name and unit. Both systems are linked and each is searched for
repeats, as ``renshe link`` does.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

SETTINGS = SettingsCreator(
    link_type="link_and_dedupe",
    unique_id_column_name="key",
    comparisons=[
        cl.DamerauLevenshteinAtThresholds("id_number", [1, 2]),
        cl.DamerauLevenshteinAtThresholds("name", [1]).configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("birth", [1, 2]),
        cl.ExactMatch("sex"),
        cl.ExactMatch("unit_no").configure(term_frequency_adjustments=True),
    ],
    blocking_rules_to_generate_predictions=[
        block_on("id_number"),
        block_on("name", "birth"),
        block_on("birth", "unit_no"),
        block_on("name", "unit_no"),
    ],
    retain_matching_columns=False,
    retain_intermediate_calculation_columns=False,
)
# Pairs at random for u: as many as its documentation calls adequate while a model is tried out (for the last training
# it advises ten or a hundred times as many), and half of them.
AS_DOCUMENTED, HALF = 1e7, 5e6
_PROBABILITY, _RECALL = 0.95, 0.7


def main(project: Path, target: Path, max_pairs: float) -> None:
    """Link the people of ``project`` and write ``target``."""
    spent: dict[str, float] = {}
    with duckdb.connect() as connection:
        with _counted(spent, "read"):
            linker = _read(connection, project / "rounds" / "0001" / "tables" / "person.parquet")
        with _counted(spent, "train"):
            sure = [block_on("id_number", "name")]
            linker.training.estimate_probability_two_random_records_match(sure, recall=_RECALL)
            linker.training.estimate_u_using_random_sampling(max_pairs=max_pairs, seed=1)
            for rule in (block_on("id_number"), block_on("name", "birth")):
                linker.training.estimate_parameters_using_expectation_maximisation(rule)
        with _counted(spent, "predict"):
            pairs = linker.inference.predict(threshold_match_probability=_PROBABILITY)
        with _counted(spent, "cluster"):
            clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, _PROBABILITY)
        with _counted(spent, "write"):
            target.mkdir()
            connection.execute(f"""
                COPY (SELECT source_dataset_l AS left_system, key_l AS left_key, source_dataset_r AS right_system,
                        key_r AS right_key, match_weight AS weight, 'same' AS decision FROM {pairs.physical_name})
                    TO '{target / "links.parquet"}';
                COPY (SELECT cluster_id AS cluster, source_dataset AS system, key FROM {clusters.physical_name})
                    TO '{target / "clusters.parquet"}'""")
    print(json.dumps(spent))


def _read(connection: duckdb.DuckDBPyConnection, people: Path) -> Linker:
    api = DuckDBAPI(connection=connection)
    tables = []
    for (system,) in connection.sql(f"SELECT DISTINCT system FROM '{people}' ORDER BY system").fetchall():
        connection.execute(f"""
            CREATE TABLE {system} AS
            SELECT person_no AS key, id_number, name, strftime(birth_date, '%Y-%m-%d') AS birth, sex, unit_no
            FROM '{people}' WHERE system = '{system}' AND valid IS DISTINCT FROM '0'""")
        tables.append(api.register(system, dataset_display_name=system))
    return Linker(tables, SETTINGS, log_level=logging.ERROR)


@contextmanager
def _counted(spent: dict[str, float], step: str) -> Iterator[None]:
    start = time.process_time()
    yield
    spent[step] = round(time.process_time() - start, 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))

"""renshe: the checks as a catalogue, run by the engine with a round's settings; every failing row becomes a finding.

The facts of persons (here: whether a number is valid) are computed anew, so that what they cost is counted. What the
engine loads once (dictionary, regions, law, rules) is loaded before, as the others load their modules.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.peers.harness import Found, run
from renshe.engine.rounds.judged import engine
from renshe.engine.rounds.store import Store
from renshe.engine.rules.catalogue import Catalogue, build_catalogue, read_rules
from renshe.engine.rules.dataset import Dataset
from renshe.engine.rules.holdings import StagedSource
from renshe.engine.rules.runner import run_rules
from renshe.engine.schema import columns
from renshe.engine.staging.facts import compute_facts
from renshe.policy.parameters import ParameterBook, load_parameters

RULES = Path(__file__).parent / "rules"
AS_OF = date(2021, 5, 31)
# The fact that the checks use, and the columns from which the facts of persons are computed.
_FACT = "_id_state"
_TOLD = ("id_number", "name", "sex", "birth_date", "file_birth_date", "bank_holder")
_TYPES = columns("person")


def catalogue() -> Catalogue:
    """Return the checks as rules."""
    files = sorted(RULES.glob("*.yaml"))
    rules = [rule for file in files for rule in read_rules(file, file.name)]
    return build_catalogue(rules, b"".join(file.read_bytes() for file in files))


def check_facts(name: str, file: Path) -> None:
    """Compute the facts of ``file`` as staging does and hold the one that the checks use against what stands there."""
    def check(part: int) -> None:
        # As staging has them: a block of rows at a time, each in one thread.
        rows = pq.ParquetFile(file).read_row_group(part, columns=[*_TOLD, _FACT], use_threads=False)
        for batch in rows.to_batches():
            typed = dict(zip(batch.schema.names, batch.columns, strict=True))
            assert compute_facts(name, typed, AS_OF)[_FACT].equals(typed[_FACT]), file

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(check, range(pq.read_metadata(file).num_row_groups)))


def load() -> Catalogue:
    """Read dictionary, regions and law, which the engine does once, and return the checks."""
    example = pa.RecordBatch.from_pylist(
        [{"id_number": "11010519491231002X"}], pa.schema([(n, _TYPES[n]) for n in _TOLD])
    )
    compute_facts("person", dict(zip(_TOLD, example.columns, strict=True)), AS_OF)
    return catalogue()


def source(name: str, data: Path) -> StagedSource:
    """Return the table ``name`` as a round takes it."""
    told = json.loads((data / f"{name}.json").read_text("utf-8"))
    return StagedSource(
        table=name,
        system="pension",
        source_file=f"{name}.parquet",
        data=data / f"{name}.parquet",
        rows=pq.read_metadata(data / f"{name}.parquet").num_rows,
        present=frozenset(told["present"]),
        strange=frozenset(told["strange"]),
    )


def work(rules: Catalogue, data: Path) -> Found:
    """Run every check and return the counts of findings, which lie in the table ``findings``."""
    check_facts("person", data / "person.parquet")
    with engine(Store(data)) as connection:
        sources = [source(name, data) for name in ("contribution", "person", "unit")]
        dataset = Dataset(
            connection, sources, as_of=AS_OF, region="220800", parameters=ParameterBook(load_parameters(), [])
        )
        found = dict.fromkeys(rules.rules, 0) | run_rules(dataset, rules).findings
        [(rows,)] = connection.execute("SELECT count(*) FROM findings").fetchall()
    return Found(found, rows)


if __name__ == "__main__":
    checks_as_rules = load()
    run("renshe", "renshe", lambda data: work(checks_as_rules, data))

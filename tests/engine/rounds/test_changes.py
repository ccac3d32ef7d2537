"""What became of findings is counted as often as there are findings, also where many share one identity."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.engine.rounds import changes
from renshe.engine.rounds.changes import IDENTITY, STATES, write_changes

Finding = tuple[str | None, ...]
SCHEMA = pa.schema([(name, pa.string()) for name in IDENTITY])
# Few values, so that identities meet; a key without values is that of every row without a number.
FINDING = st.tuples(
    st.sampled_from(["PER-ID", "PER-SEX"]),
    st.just("person"),
    st.sampled_from(["pension", None]),
    st.sampled_from(["[null]", '["1"]', '["2"]']),
    st.sampled_from(["sex", None]),
    st.sampled_from([None, '["3"]']),
)


def table(findings: list[Finding]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(IDENTITY, one, strict=True)) for one in findings], schema=SCHEMA)


def written(folder: Path, rounds: list[list[Finding]]) -> tuple[dict[str, int], Counter[tuple[str | None, ...]]]:
    """Write the changes of the last of ``rounds`` and read them back."""
    before = []
    for number, findings in enumerate(rounds[:-1], 1):
        before.append(folder / f"{number:04d}")
        before[-1].mkdir()
        pq.write_table(table(findings), before[-1] / "findings.parquet")
    connection = duckdb.connect()
    connection.register("given", table(rounds[-1]))
    connection.execute("CREATE TEMP TABLE findings AS FROM given")
    counts = write_changes(connection, folder / "changes.parquet", len(rounds), before)
    rows = connection.execute(f"FROM read_parquet('{folder}/changes.parquet')").fetchall()
    assert {row[-1] for row in rows} <= {len(rounds)}
    return counts, Counter(row[:-1] for row in rows)


def expected(rounds: list[list[Finding]]) -> Counter[tuple[str | None, ...]]:
    """The same, one finding after another: each of this round takes the place of one of the last, if any is left."""
    last = Counter(rounds[-2]) if len(rounds) > 1 else Counter()
    left = Counter(last)
    earlier = {one for findings in rounds[:-2] for one in findings}
    states: Counter[tuple[str | None, ...]] = Counter()
    for one in rounds[-1]:
        if left[one]:
            left[one] -= 1
            states[*one, "open"] += 1
        else:
            states[*one, "reopened" if one in earlier and not last[one] else "new"] += 1
    for one in left.elements():
        states[*one, "fixed"] += 1
    return states


@given(rounds=st.lists(st.lists(FINDING, max_size=12), min_size=1, max_size=4), part=st.sampled_from([1, 5, 1000]))
def test_every_finding_is_open_new_reopened_or_fixed_once(rounds: list[list[Finding]], part: int) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "PART", part)
        counts, found = written(Path(folder), rounds)
    assert found == expected(rounds)
    assert counts == {state: sum(n for row, n in found.items() if row[-1] == state) for state in STATES}


@pytest.mark.req("S1-12", "S1-19", part="detect")
def test_rows_without_a_number_are_counted_one_by_one(tmp_path: Path) -> None:
    nameless: Finding = ("PER-ID", "person", "pension", "[null]", "id_number", None)
    counts, _ = written(tmp_path, [[nameless] * 5, [nameless] * 3])
    assert counts == {"fixed": 2, "new": 0, "open": 3, "reopened": 0}

"""The same engine links records that are plain columns, by a declaration: here a small set of FEBRL's shape."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from benchmarks.linking.febrl import DECLARED, read, true_pairs

from renshe.engine.linking import training
from renshe.engine.linking.deciding import why_sql
from renshe.engine.linking.model import read_model
from renshe.engine.linking.plain import hold_plain, judge_plain
from renshe.engine.linking.training import train

COLUMNS = [
    "given_name", "surname", "street_number", "address_1", "address_2",
    "suburb", "postcode", "state", "date_of_birth", "soc_sec_id",
]  # fmt: skip
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def word(rng: np.random.Generator, syllables: int) -> str:
    return "".join(
        str(rng.choice(list("bcdfglmnprstv"))) + str(rng.choice(["a", "e", "i", "o", "u", "an", "er"]))
        for _ in range(syllables)
    )


def person(rng: np.random.Generator, words: list[str]) -> list[str]:
    places = rng.zipf(1.1, 5) % len(words)
    given, family, street, second, suburb = (words[at] for at in places)
    day = f"{rng.integers(1900, 2000)}{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}"
    return [
        given, family, str(rng.integers(1, 200)), f"{street} street", f"{second} court", f"{suburb} park",
        str(2000 + places[4] % 500), str(rng.choice(["nsw", "vic", "qld", "wa"])), day, str(rng.integers(10**6, 10**7)),
    ]  # fmt: skip


def spoilt(rng: np.random.Generator, row: list[str]) -> list[str]:
    """Return ``row`` with three things wrong: a letter, a value left out, given name and surname exchanged."""
    row = list(row)
    for _ in range(3):
        at = int(rng.integers(0, len(row)))
        kind = rng.random()
        if kind < 0.2:
            row[at] = ""
        elif kind < 0.3:
            row[0], row[1] = row[1], row[0]
        elif row[at]:
            place = int(rng.integers(0, len(row[at])))
            other = "0123456789" if row[at][place].isdigit() else LETTERS
            row[at] = row[at][:place] + str(rng.choice(list(other))) + row[at][place + 1 :]
    return row


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two files: 1,200 people, of whom the second has 800 again, spoilt."""
    rng = np.random.Generator(np.random.PCG64(9))
    words = sorted({word(rng, 2 + at % 2) for at in range(400)})
    people = [person(rng, words) for _ in range(1_200)]
    folder = tmp_path_factory.mktemp("plain")
    header = ", ".join(["rec_id", *COLUMNS])
    first = [", ".join([f"rec-{at}-org", *row]) for at, row in enumerate(people)]
    second = [", ".join([f"rec-{at}-dup-0", *spoilt(rng, row)]) for at, row in enumerate(people[:800])]
    for name, lines in (("a", first), ("b", second)):
        (folder / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return [folder / "a.csv", folder / "b.csv"]


def test_a_declaration_links_plain_columns_before_and_after_training(
    files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "_RANDOM", 500_000)
    model = read_model(DECLARED.read_text("utf-8"))
    with duckdb.connect() as connection:
        assert hold_plain(connection, read(files), model) == []
        true = true_pairs(connection)
        assert len(true) == 800
        for weighed in (model, train(connection, model).model):
            judge_plain(connection, weighed)
            same = set(connection.sql("SELECT rid_l, rid_r FROM decided WHERE decision = 'same'").fetchall())
            right = len(same & true)
            assert 2 * right / (len(same) + len(true)) >= 0.995
        [(why,)] = connection.sql(
            f"SELECT {why_sql(model)} FROM decided WHERE decision = 'same' ORDER BY rid_l LIMIT 1"
        ).fetchall()
        assert "date of birth" in why


def test_blanks_are_nothing_and_no_record_is_settled(files: list[Path]) -> None:
    model = read_model(DECLARED.read_text("utf-8"))
    row = {"system": "a", "key": "rec-1-org", **dict.fromkeys(COLUMNS, " ")}
    named = row | {"key": "rec-2-org", "given_name": " Mary  Ann "}
    with duckdb.connect() as connection:
        hold_plain(connection, pa.Table.from_pylist([row, named]), model)
        found = connection.sql("SELECT given_name, surname, proved, settled FROM records ORDER BY rid").fetchall()
        assert found == [(None, None, False, False), ("maryann", None, False, False)]
        assert connection.sql("SELECT count(*) FROM pairs").fetchall() == [(0,)]


def test_true_pairs_are_all_pairs_of_a_person(tmp_path: Path) -> None:
    keys = ["rec-1-org", "rec-1-dup-0", "rec-1-dup-1", "rec-2-org"]
    rows = [{"system": "a", "key": key, **dict.fromkeys(COLUMNS, "x")} for key in keys]
    with duckdb.connect() as connection:
        hold_plain(connection, pa.Table.from_pylist(rows), read_model(DECLARED.read_text("utf-8")))
        names = dict(connection.sql("SELECT rid, key FROM records").fetchall())
        found = {tuple(sorted((names[one], names[two]))) for one, two in true_pairs(connection)}
    assert found == {tuple(sorted(pair)) for pair in combinations(keys[:3], 2)}

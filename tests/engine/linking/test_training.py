"""Weights estimated without labels are those that labels would have given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest
import yaml

from renshe.engine.linking import training
from renshe.engine.linking.candidates import find_candidates
from renshe.engine.linking.facts import hold_people, person_facts
from renshe.engine.linking.membership import find_homes
from renshe.engine.linking.model import Model, load_model
from renshe.engine.linking.scoring import add_frequencies, score
from renshe.engine.linking.training import TooLittleError, Trained, train
from renshe.engine.linking.units import label_employers
from renshe.engine.simulate.confusions import confusions
from renshe.engine.simulate.linked import AS_OF, linked_records

pytestmark = pytest.mark.xdist_group("training")


def held(persons: int, threads: int = 2) -> duckdb.DuckDBPyConnection:
    """Return an engine that holds invented people with their candidate pairs, and the truth in ``who``."""
    connection = duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})
    records = linked_records(persons, 77, 0.3, confusions())
    model = load_model("person")
    hold_people(connection, person_facts(records, AS_OF))
    homes = find_homes(connection)
    label_employers(connection, homes.rename_columns({"home": "label"}))
    add_frequencies(connection, model)
    find_candidates(connection, model)
    connection.register("truth", records.select(["system", "key", "person"]))
    connection.execute("CREATE TEMP TABLE who AS SELECT rid, person FROM records JOIN truth USING (system, key)")
    return connection


@pytest.fixture(autouse=True, scope="module")
def fewer_pairs() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_RANDOM", 2_000_000)
        yield


@pytest.fixture(scope="module")
def people() -> duckdb.DuckDBPyConnection:
    return held(4_000)


@pytest.fixture(scope="module")
def astray() -> Model:
    """The shipped model with weights that say little: in each comparison the likelier level is only somewhat so."""
    shipped = load_model("person")
    weights = {}
    for name, levels in shipped.weights.items():
        m = [share**0.3 for share, _ in levels.values()]
        u = [share**0.7 for _, share in levels.values()]
        shares = [(one / sum(m), two / sum(u)) for one, two in zip(m, u, strict=True)]
        weights[name] = dict(zip(levels, shares, strict=True))
    return replace(shipped, weights=weights)


@pytest.fixture(scope="module")
def trained(people: duckdb.DuckDBPyConnection, astray: Model) -> Trained:
    return train(people, astray)


def labelled(connection: duckdb.DuckDBPyConnection, model: Model) -> dict[tuple[str, str], float]:
    """Return m as the truth has it."""
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE kept AS FROM pairs;
        CREATE OR REPLACE TEMP TABLE pairs AS
            SELECT a.rid AS rid_l, b.rid AS rid_r FROM who a JOIN who b ON b.person = a.person AND b.rid > a.rid""")
    score(connection, model, 0.001)
    seen: Counter[tuple[str, str]] = Counter()
    for one in model.comparisons:
        for gamma, count in connection.sql(f"SELECT gamma_{one.name}, count(*) FROM scored GROUP BY ALL").fetchall():
            if level := one.level(gamma):
                seen[one.name, level.id] += count
    connection.execute("CREATE OR REPLACE TEMP TABLE pairs AS FROM kept")
    all_of: Counter[str] = Counter()
    for (name, _), count in seen.items():
        all_of[name] += count
    return {level: count / all_of[level[0]] for level, count in seen.items()}


def test_weights_that_were_far_off_come_near_to_what_labels_give(
    people: duckdb.DuckDBPyConnection, trained: Trained, astray: Model
) -> None:
    true = {level: share for level, share in labelled(people, astray).items() if share > 0.02}
    assert len(true) > 15
    before = max(abs(astray.weights[name][level][0] - share) for (name, level), share in true.items())
    after = {(name, level): trained.model.weights[name][level][0] - share for (name, level), share in true.items()}
    assert before > 0.4
    assert max(map(abs, after.values())) < 0.05, after


def test_u_is_of_two_people_though_most_people_have_two_records(trained: Trained) -> None:
    # A pair in 8,000 is of one person: had these been drawn, it would be six times as much.
    assert trained.model.weights["name"]["equal"][1] < 5e-5
    assert trained.model.weights["birth"]["equal"][1] == pytest.approx(3e-5, rel=0.6)
    assert trained.model.weights["sex"]["equal"][1] == pytest.approx(0.5, abs=0.02)


def test_what_is_too_rare_to_be_seen_keeps_its_weight(trained: Trained, astray: Model) -> None:
    for name, level in (("name", "spelt"), ("number", "upgraded")):
        assert trained.model.weights[name][level][1] == pytest.approx(astray.weights[name][level][1], rel=0.25)


def test_m_and_u_of_a_comparison_add_up_to_one(trained: Trained) -> None:
    for levels in trained.model.weights.values():
        for shares in zip(*levels.values(), strict=True):
            assert sum(shares) == pytest.approx(1)


def test_the_same_records_give_the_same_weights_on_any_number_of_threads(trained: Trained, astray: Model) -> None:
    again = train(held(4_000, threads=1), astray)
    assert again.yaml("1", {}) == trained.yaml("1", {})


def test_thresholds_stay_and_how_it_was_done_is_told(trained: Trained, astray: Model) -> None:
    told = yaml.safe_load(trained.yaml("1+0003", {"round": 3}))
    assert (told["version"], told["same"], told["review"]) == ("1+0003", astray.same, astray.review)
    assert told["trained"]["round"] == 3
    assert told["trained"]["from"] == astray.version
    assert told["trained"]["records"] == trained.records > 6_000
    assert set(told["trained"]["keys"]) == set(astray.training)
    assert all(one["pairs"] > 300 and one["iterations"] > 0 for one in told["trained"]["keys"].values())


def test_few_records_teach_nothing(astray: Model) -> None:
    with pytest.raises(TooLittleError):
        train(held(400), astray)


def test_records_of_different_people_teach_nothing(astray: Model) -> None:
    connection = held(2_000)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE once AS SELECT min(rid) AS rid FROM who GROUP BY person;
        CREATE OR REPLACE TEMP TABLE records AS FROM records SEMI JOIN once USING (rid);
        CREATE OR REPLACE TEMP TABLE pairs AS SELECT * FROM pairs
            WHERE rid_l IN (FROM once) AND rid_r IN (FROM once)""")
    with pytest.raises(TooLittleError) as refused:
        train(connection, astray)
    assert refused.value.records > 1_000
    assert refused.value.pairs < 100

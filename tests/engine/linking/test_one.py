"""One record weighed against a handful, as the bulk engine weighs them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renshe.engine.linking.facts import hold_people, person_facts
from renshe.engine.linking.model import load_model
from renshe.engine.linking.one import _SCHEMA, weigh_one
from renshe.engine.linking.scoring import POPULATION, add_frequencies, score
from renshe.standards.identity import id_check_char

ON = dt.date(2026, 11, 23)


def number(serial: int, birth: str = "19800101") -> str:
    digits = f"220822{birth}{serial:03d}"
    return digits + id_check_char(digits)


RECORD = {
    "id_number": number(1), "name": "张丽华", "sex": "1", "birth_date": dt.date(1980, 1, 1), "phone": "13843600001",
    "address": "河西县柳树镇井台村一号",
}  # fmt: skip

numbers = st.sampled_from(
    [number(1), number(2), number(1)[:6] + number(1)[8:17], number(1)[:-2] + "00", "E1234567", None]
)
records = st.fixed_dictionaries(
    {
        "id_number": numbers,
        "name": st.sampled_from(["张丽华", "张莉华", "章丽华", "张华丽", "张丽", "李秀英", "張麗華", None]),
        "sex": st.sampled_from(["1", "2", None]),
        "birth_date": st.sampled_from([dt.date(1980, 1, 1), dt.date(1980, 10, 1), dt.date(1981, 1, 1), None]),
        "phone": st.sampled_from(["13843600001", "13843600002", None]),
        "address": st.sampled_from(["河西县柳树镇井台村一号", None]),
    }
)


def bulk(rows: list[dict[str, Any]]) -> dict[int, float]:
    """Return by place what the engine of rounds says that each weighs against the first."""
    told = [{name: row.get(name) for name in _SCHEMA.names} | {"system": str(at)} for at, row in enumerate(rows)]
    facts = person_facts(pa.Table.from_pylist(told, schema=_SCHEMA), ON)
    connection = duckdb.connect(":memory:", config={"threads": "1"})
    hold_people(connection, facts.append_column("unit", pa.nulls(len(facts), pa.string())))
    model = load_model("person")
    add_frequencies(connection, model)
    connection.execute("CREATE TEMP TABLE pairs AS SELECT 0::BIGINT AS rid_l, rid AS rid_r FROM records WHERE rid > 0")
    score(connection, model, 1 / POPULATION)
    return dict(connection.execute("SELECT rid_r, match_weight FROM scored").fetchall())


@settings(max_examples=12)
@given(records, st.lists(records, min_size=1, max_size=4))
def test_a_pair_weighs_what_it_weighs_in_bulk(record: dict[str, Any], others: list[dict[str, Any]]) -> None:
    found = weigh_one(record, [{**one, "key": str(at)} for at, one in enumerate(others)], ON)
    in_bulk = bulk([record, *others])
    assert {int(one.key) + 1: one.weight for one in found} == pytest.approx(in_bulk)


@pytest.mark.req("S1-38", part="one record")
def test_the_likeliest_comes_first_with_why() -> None:
    same = {**RECORD, "key": "same", "id_number": number(1)}
    sound = {**RECORD, "key": "sound", "name": "张莉华", "id_number": None}
    other = {
        "key": "other",
        "name": "欧阳修",
        "id_number": number(9, "19500505"),
        "sex": "2",
        "birth_date": dt.date(1950, 5, 5),
    }
    found = weigh_one(RECORD, [other, sound, same], ON)
    assert [(one.key, one.decision) for one in found] == [("same", "same"), ("sound", "same"), ("other", "different")]
    assert "姓名同音" in found[1].why and "证件号码相同" in found[0].why
    assert weigh_one(RECORD, [], ON) == []

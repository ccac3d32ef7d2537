"""Code lists: every spelling stands for one standard value, and what has none is reported."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from renshe.standards import codes
from renshe.standards.codes import attribute_array, code_list, code_list_names, from_standard, map_codes, to_standard
from renshe.standards.dictionary import dictionary

CODED = [
    (table.name, field.name, field.codes) for table in dictionary().values() for field in table.fields if field.codes
]
KIND_CLASSES = set(code_list("kind_class").values)


@pytest.mark.req("S1-7", part="detect")
@pytest.mark.parametrize(("table", "field", "name"), CODED)
def test_every_coded_field_has_its_list_and_no_value_is_too_long(table: str, field: str, name: str) -> None:
    known = code_list(name)
    longest = dictionary()[table].field(field).length
    assert known.values
    assert longest is None or all(len(value) <= longest for value in known.values)


@pytest.mark.parametrize("name", code_list_names())
def test_a_list_is_sound_in_every_dialect(name: str) -> None:
    for system in (None, *codes._raw(name).get("systems", {})):
        known = code_list(name, system)
        assert {code.grade for code in known.values.values()} <= set("ABCMH")
        for value, code in known.values.items():
            assert known.find(value) == value
            assert known.find(code.label) == value
            # A dialect may give an alias of the standard list to a value of its own.
            assert all(known.find(alias) == value for alias in code.aliases) or system


def test_a_spelling_for_two_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [
        {"value": "1", "label": "男", "grade": "A"},
        {"value": "2", "label": "女", "grade": "A", "aliases": ["男"]},
    ]
    twice: dict[str, Any] = {"label": "性别", "code": "", "document": "", "values": values}
    monkeypatch.setattr(codes, "_raw", lambda name: twice)
    with pytest.raises(ValueError, match="'男' stands for 1 and 2"):
        code_list.__wrapped__("twice")


@pytest.mark.parametrize(
    ("name", "text", "standard"),
    [
        ("sex", "男", "1"),
        ("sex", "女性", "2"),
        ("sex", "01", "1"),
        ("sex", "1.0", "1"),
        ("sex", " １ ", "1"),
        ("sex", "1-男", "1"),
        ("sex", "男(1)", "1"),
        ("ethnicity", "汉", "01"),
        ("ethnicity", "满族", "11"),
        ("ethnicity", "1", "01"),
        ("ethnicity", "01汉族", "01"),
        ("id_type", "身份证", "01"),
        ("id_type", "1", "01"),
        ("insurance", "企业职工基本养老保险", "110"),
        ("insurance", "企业养老", "110"),
        ("insurance", "110.0", "110"),
        ("insurance", "城乡居民基本养老保险", "170"),
        ("insurance", "310 职工医疗", "310"),
        ("pay_status", "参保缴费", "1"),
        ("pay_status", "暂停缴费（中断）", "2"),
        ("pay_status", "暂停缴费(中断)", "2"),
        ("pay_status", "终止缴费", "3"),
        ("enrol_status", "正常参保", "1"),
        ("enrol_status", "终止参保", "4"),
        ("contribution_kind", "正常应缴", "10"),
        ("contribution_kind", "补缴", "31"),
        ("contribution_kind", "退费", "18"),
        ("retired", "已退休", "1"),
        ("alive", "健在", "1"),
        ("alive", "死亡", "2"),
        ("alive", "0", "2"),
        ("payer_kind", "灵活就业人员", "flexible"),
        ("transfer_direction", "1", "out"),
        ("transfer_direction", "转入", "in"),
        ("arrived", "是", "1"),
        ("valid", "无效", "0"),
        ("economic_type", "私营有限责任(公司)", "173"),
        ("industry", "C3411", "C3411"),
        ("industry", "3", "03"),
        ("change_reason", "死亡", "6401"),
        ("change_reason", "20", "0020"),
        ("post_kind", "工人", "2"),
    ],
)
def test_a_spelling_stands_for_its_standard_value(name: str, text: str, standard: str) -> None:
    assert to_standard(name, text) == standard


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sex", "3"),
        ("sex", "1-女"),
        ("sex", "男女"),
        ("sex", "12"),
        ("insurance", "养老保险"),
        ("insurance", "999"),
        ("insurance", "1"),
        ("change_kind", "2"),
        ("enrol_status", "3"),
        ("sex", None),
        ("sex", "NULL"),
    ],
)
def test_what_could_mean_several_things_is_not_guessed(name: str, text: str | None) -> None:
    assert to_standard(name, text) is None


@pytest.mark.req("S0-1", part="detect")
def test_a_value_without_a_counterpart_stays_and_is_reported() -> None:
    mapped, unmapped = map_codes("insurance", pa.array(["110", "企业养老", "888", None, "888", " 其它 ", "NULL"]))
    assert mapped.to_pylist() == ["110", "110", "888", None, "888", "其它", None]
    assert unmapped == {"888": 2, "其它": 1}
    assert list(unmapped) == ["888", "其它"], "most frequent first"


def test_the_project_has_the_first_word() -> None:
    overrides = {"男": "2", "７": "9", "X": "unheard-of"}
    assert to_standard("sex", "男", overrides=overrides) == "2"
    assert to_standard("sex", "7", overrides=overrides) == "9"
    assert to_standard("sex", "女", overrides=overrides) == "2"
    mapped, unmapped = map_codes("sex", pa.array(["男", "x", "1"]), overrides)
    assert mapped.to_pylist() == ["2", "unheard-of", "1"]
    assert unmapped == {"unheard-of": 1}


@pytest.mark.req("S4-12", part="detect")
def test_a_value_means_what_its_system_says() -> None:
    assert code_list("contribution_kind").values["31"].attributes["kind_class"] == "back"
    assert code_list("contribution_kind", "AAE143").values["31"].attributes["kind_class"] == "subsidy"
    assert to_standard("contribution_kind", "补缴", "AAE143") == "2"
    assert to_standard("insurance", "1", "serial") == "110"
    assert to_standard("insurance", "110", "serial") == "110"
    assert from_standard("insurance", "110", "serial") == "1"
    assert from_standard("payment_kind", "back", "AAE141") is None, "three values of AAE141 are back-payments"
    assert to_standard("sex", "1", "no such system") == "1"


def test_classes_that_rules_ask_for() -> None:
    for code in code_list("contribution_kind").values.values():
        assert code.attributes["kind_class"] in KIND_CLASSES
    assert {code.attributes["kind_class"] for code in code_list("contribution_kind").values.values()} == KIND_CLASSES
    reasons = code_list("change_reason").values
    assert {value for value, code in reasons.items() if code.attributes["meaning_class"] == "death"} == {
        "6401",
        "1401",
        "211",
        "451",
        "647",
    }
    assert reasons["6401"].attributes["ends"] == "1"
    assert reasons["6301"].attributes == {"ends": "0", "meaning_class": "interrupt"}
    assert {code.attributes["meaning_class"] for code in code_list("change_kind").values.values()} == {
        *("join", "resume", "suspend", "terminate", "transfer_in", "transfer_out", "retire", "restore", "info")
    }


def test_attributes_of_a_column() -> None:
    column = pa.array(["10", "18", None, "777", "10"])
    assert attribute_array("contribution_kind", column, "kind_class").to_pylist() == [
        "normal",
        "refund",
        None,
        None,
        "normal",
    ]
    assert attribute_array("contribution_kind", column, "no such").to_pylist() == [None] * 5


def test_the_lists_that_contracts_fix() -> None:
    assert list(code_list("sex").values) == ["1", "2", "9"]
    assert set(code_list("pay_status").values) == set("01234")
    assert set(code_list("payer_kind").values) == {"unit", "flexible", "agent", "unemployment", "resident"}
    assert set(code_list("hold").values) == {"0", "1", "2"}
    assert set(code_list("payment_kind").values) == {"regular", "back", "deduct", "returned"}
    contract = "110 120 170 210 310 320 330 340 370 390 410 510"
    assert set(code_list("insurance").values) == set(contract.split())
    assert len([value for value in code_list("ethnicity").values if value <= "56"]) == 56


def test_an_unknown_list_is_an_error() -> None:
    with pytest.raises(KeyError, match="没有代码表"):
        code_list("no_such_list")

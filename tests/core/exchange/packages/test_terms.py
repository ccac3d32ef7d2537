"""Terms say what travels; rows are turned by them both ways, and what does not fit is told with its row."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renshe.core.exchange.packages.columns import MOST_FAULTS, inward, keys_of, outward, sums_of
from renshe.core.exchange.packages.terms import TermsRefused, terms_read

TEXT = """
content: person
direction: out
fields:
  - {field: id_number, as: 证件号码, required: true}
  - {field: name, as: 姓名, required: true}
  - {field: sex, as: 性别, codes: {'1': 男, '2': 女}}
  - {field: birth_date, as: 出生日期}
  - {as: 金额, type: money}
  - {as: 备注, length: 4}
key: [证件号码]
sums: [金额]
media: csv
every: month
day: 5
"""
TERMS = terms_read(TEXT)
OURS = ("id_number", "name", "sex", "birth_date", "金额", "备注")


def rows(*told: tuple[object, ...]) -> pa.Table:
    return pa.table({name: [row[at] for row in told] for at, name in enumerate(OURS)})


def test_rows_go_out_as_the_partner_writes_them_and_come_back_as_ours() -> None:
    given = rows(
        ("220802196503120173", "王建国", "1", dt.date(1965, 3, 12), Decimal("12.50"), None),
        ("220802197001010024", "李秀英", "2", None, Decimal("-2.50"), "补"),
    )
    out = outward(given, TERMS)
    assert out.faults == () and out.many == 0 and out.wrong.to_pylist() == [False, False]
    assert out.rows.to_pylist()[0] == {
        "证件号码": "220802196503120173", "姓名": "王建国", "性别": "男", "出生日期": "1965-03-12", "金额": "12.50",
        "备注": None,
    }  # fmt: skip
    assert sums_of(out.rows, TERMS) == {"金额": "10.00"}
    assert keys_of(out.rows, TERMS).to_pylist() == ["220802196503120173", "220802197001010024"]
    back = inward(out.rows, TERMS)
    assert back.many == 0 and back.rows.to_pylist()[1] == {
        "id_number": "220802197001010024", "name": "李秀英", "sex": "2", "birth_date": None, "金额": "-2.50",
        "备注": "补",
    }  # fmt: skip


@pytest.mark.req("S2-51", part="missing and wrong values")
def test_what_is_missing_or_wrong_is_told_with_its_row() -> None:
    told = outward(
        rows(
            ("1", "王", "1", dt.date(1965, 3, 12), None, None),
            ("", "王", "9", None, None, "多出一个字"),
            ("3", None, "7", None, None, None),
        ),
        TERMS,
    )
    assert told.wrong.to_pylist() == [False, True, True]
    assert [(one.row, one.column, one.said) for one in told.faults] == [
        (2, "证件号码", "必填而未填"),
        (2, "性别", "协议中没有与这个代码对应的值"),
        (2, "备注", "超过 4 个字符"),
        (3, "姓名", "必填而未填"),
        (3, "性别", "不是“性别”的代码"),
        (3, "性别", "协议中没有与这个代码对应的值"),
    ]
    came = pa.table({
        "证件号码": ["1"], "姓名": ["王"], "性别": ["男性"], "出生日期": ["19650231"], "金额": ["1,2.x"], "备注": [""],
    })  # fmt: skip
    back = inward(came, TERMS)
    assert [(one.column, one.said) for one in back.faults] == [
        ("性别", "协议中没有这个代码"), ("出生日期", "不是日期"), ("金额", "不是金额"),
    ]  # fmt: skip


def test_of_many_faults_the_first_are_told_and_all_are_counted() -> None:
    many = rows(*[("", "王", "1", None, None, None)] * (MOST_FAULTS + 5))
    told = outward(many, TERMS)
    assert (len(told.faults), told.many) == (MOST_FAULTS, MOST_FAULTS + 5)


@given(
    st.lists(
        st.tuples(
            st.text("0123456789X", min_size=1, max_size=18),
            st.text(st.characters(whitelist_categories=("Lo",)), min_size=1, max_size=5),
            st.sampled_from(["1", "2", None]),
            st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)),
            st.none() | st.decimals(-(10**9), 10**9, places=2),
            st.none() | st.text("补欠", min_size=1, max_size=4),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_passes_outward_comes_back_the_same(given: list[tuple[object, ...]]) -> None:
    told = {name: [None if row[at] is None else str(row[at]) for row in given] for at, name in enumerate(OURS)}
    texts = pa.table({name: pa.array(column, pa.string()) for name, column in told.items()})
    out = outward(texts, TERMS)
    if out.many == 0:
        assert inward(out.rows, TERMS).rows.to_pylist() == texts.to_pylist()


@pytest.mark.req("S3-36", part="terms state content, channel and cycle")
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("direction: out", "direction: both", "direction：应为 out、in 之一"),
        ("content: person", "content: persons", "数据字典的表 persons 中没有项目 id_number"),
        ("field: sex", "field: sexx", "数据字典的表 person 中没有项目 sexx"),
        ("as: 姓名", "as: 证件号码", "与前面的列重复"),
        ("'2': 女", "'2': 男", "对方的值不能重复"),
        ("key: [证件号码]", "key: [号码]", "key：没有列“号码”"),
        ("key: [证件号码]", "key: []", "key：没有写明"),
        ("sums: [金额]", "sums: [姓名]", "sums：“姓名”不是金额或数量"),
        ("media: csv", "media: doc", "media：应为"),
        ("day: 5", "day: 31", "day：应为 1 到 28 的整数"),
        ("day: 5", "never: [name]", "never：“姓名”不得送出"),
        ("day: 5", "remark: x", "没有“remark”这一项"),
        ("type: money", "type: cash", "type 应为"),
        ("fields:", "fields: [", "不是正确的 YAML"),
        ("length: 4", "list: nowhere", "没有代码表 nowhere"),
    ],
)
def test_terms_that_cannot_be_kept_to_are_refused_with_the_place(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(TermsRefused) as refused:
        terms_read(TEXT.replace(old, new, 1))
    assert any(said in one for one in refused.value.problems), refused.value.problems


@given(st.text(max_size=80))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    try:
        terms_read(text)
    except TermsRefused as refused:
        assert refused.problems

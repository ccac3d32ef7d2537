"""A list that was issued comes in once, by who may register it, in the layout of its agreement."""

from __future__ import annotations

import pytest
from tests.core.exchange.conftest import IN, ROWS, Exchange, csv
from tests.core.exchange.test_cycles import agreed
from tests.core.org.bureau import NEXT_YEAR, SETUP

from renshe.core.errors import BusinessError
from renshe.core.exchange.lists import list_register
from renshe.core.exchange.models import Batch, Record
from renshe.core.exchange.operating import TAKE_IN
from renshe.core.exchange.packages.terms import TermsRefused, terms_read
from renshe.core.journal.context import declared
from renshe.core.org.setting_up import grant_install


@pytest.mark.req("S1-50")
def test_a_list_that_was_issued_is_registered_once(exchange: Exchange) -> None:
    keeper, bureau = exchange.office.bureau.at("information"), exchange.office.bureau
    with declared(SETUP):
        grant_install(
            post=bureau.posts["information"], operation_name=TAKE_IN, region=bureau.regions["220000"],
            valid_until=NEXT_YEAR,
        )  # fmt: skip
    number = agreed(IN, bare="true", channel="hand", answers_within=0)
    told = [(one[0], one[1], {"1": "男", "2": "女"}[one[2]], one[3]) for one in ROWS]
    batch = list_register(actor=keeper, agreement=number, file=csv(told))
    assert (batch.rows, batch.sums, batch.sequence, batch.prepared_by) == (2, {"金额": "10.00"}, 1, keeper.operator)
    assert set(Record.objects.values_list("fate", flat=True)) == {"accepted"}
    with pytest.raises(BusinessError, match="每个文件只登记一次"):
        list_register(actor=keeper, agreement=number, file=csv(told))
    with pytest.raises(BusinessError, match="第 1 列应为“证件号码”"):
        list_register(actor=keeper, agreement=number, file=b"a,b\n1,2\n")
    with pytest.raises(BusinessError, match="约定的是数据包"):
        list_register(actor=keeper, agreement=IN, file=csv(told))
    with pytest.raises(BusinessError, match="权限"):
        list_register(actor=exchange.office.maker, agreement=number, file=csv(told[:1]))
    assert list_register(actor=keeper, agreement=number, file=csv(told[:1])).sequence == 2
    assert Batch.objects.count() == 2


def test_a_bare_list_is_carried_in_and_not_answered() -> None:
    with pytest.raises(TermsRefused, match="只用于手工"):
        terms_read("content: person\ndirection: out\nbare: true\nfields: [{field: name}]\nkey: [name]")

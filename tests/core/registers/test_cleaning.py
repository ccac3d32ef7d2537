"""Half-yearly clean-up, deletion by approval, and rows put back from the journal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from tests.core.org.bureau import TODAY, Bureau
from tests.core.registers.test_running import named
from tests.core.toys.models import Account, Person, Shop

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.registers import cleaning
from renshe.core.registers.cleaning import (
    Found,
    candidates,
    candidates_delete,
    clean_up,
    clean_ups_due,
    deleted_restore,
)
from renshe.core.registers.models import Candidate

pytestmark = pytest.mark.usefixtures("approved")

HALF = (TODAY.year, 1 if TODAY.month <= 6 else 2)


@pytest.fixture
def stale(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bureau]:
    def shops() -> list[Found]:
        return [
            Found("toys_shop", shop.code, "220822" if shop.code < "s3" else "220802", "重复登记")
            for shop in Shop.objects.all()
        ]

    monkeypatch.setattr(cleaning, "_finders", {"shops": shops})
    with declared(bureau.at("entry").context("登记")):
        for code in ("s1", "s2", "s3"):
            Shop.objects.create(code=code, name="店")
    yield bureau


def test_candidates_of_ones_own_regions_are_listed_and_deleted_by_approval_alone(stale: Bureau) -> None:
    own = stale.at("information")
    clean_up(actor=own, year=HALF[0], half=HALF[1])
    chosen = list(candidates(own))
    assert [one.key for one in chosen] == ["s1", "s2"]
    with pytest.raises(BusinessError, match="不是已批准的申请"):
        candidates_delete(actor=own, chosen=[chosen[0].pk], approval=" ")
    assert Shop.objects.count() == 3
    assert candidates_delete(actor=own, chosen=[chosen[0].pk], approval="批〔2026〕9号") == 1
    assert sorted(Shop.objects.values_list("code", flat=True)) == ["s2", "s3"]
    assert [one.key for one in candidates(own)] == ["s2"]
    with pytest.raises(BusinessError, match="已删除"):
        candidates_delete(actor=own, chosen=[one.pk for one in chosen], approval="批〔2026〕9号")
    assert Shop.objects.count() == 2 and Candidate.objects.filter(approval="批〔2026〕9号").count() == 1


def test_a_clean_up_that_was_left_out_is_due(bureau: Bureau) -> None:
    own = bureau.at("information")
    named(bureau, "database", days=400)
    [(_, year, half)] = clean_ups_due(own)
    with pytest.raises(BusinessError, match="半年"):
        clean_up(actor=own, year=year - 1, half=half)
    clean_up(actor=own, year=year, half=half)
    assert clean_ups_due(own) == []


def rows() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT p.*, a.* FROM toys_person p LEFT JOIN toys_account a ON a.person_id = p.id ORDER BY 1")
        return cursor.fetchall()


@pytest.mark.req("S0-37")
def test_deleted_rows_are_put_back_exactly_as_they_were(bureau: Bureau) -> None:
    with declared(bureau.at("entry").context("登记")):
        person = Person.objects.create(name="张丽华", id_number=None)
        Account.objects.create(person=person, year=2020, balance="1234567890123456.78")
    before = rows()
    with declared(bureau.at("entry").context("注销", approval="批〔2026〕1号")):
        Account.objects.all().delete()
        Person.objects.all().delete()
    assert rows() == []
    gone = list(Entry.objects.filter(operation="D").values_list("pk", flat=True))
    own = bureau.at("information")
    assert deleted_restore(actor=own, deleted=gone, approval="批〔2026〕2号", reason="误删") == 2
    assert rows() == before
    assert Entry.objects.filter(operation="I", operator=own.operator).count() == 2
    with pytest.raises(BusinessError, match="原记录已存在"):
        deleted_restore(actor=own, deleted=gone, approval="批〔2026〕2号", reason="误删")
    assert rows() == before


@pytest.mark.req("S0-37")
@pytest.mark.parametrize("wrong", ["region", "approval", "reason", "insert", "parent"])
def test_nothing_is_put_back_elsewhere_without_approval_or_what_it_stood_on(bureau: Bureau, wrong: str) -> None:
    with declared(bureau.at("entry").context("登记")):
        person = Person.objects.create(name="张丽华")
        Account.objects.create(person=person, year=2020, balance="1")
    with declared(bureau.at("entry").context("注销", approval="批〔2026〕1号")):
        Account.objects.all().delete()
        Person.objects.all().delete()
    of_table = {"parent": "toys_account"}.get(wrong)
    kind = "I" if wrong == "insert" else "D"
    chosen = Entry.objects.filter(operation=kind, table_name__startswith=of_table or "toys_")
    with pytest.raises(BusinessError):
        deleted_restore(
            actor=bureau.at("information", "220802" if wrong == "region" else "220822"),
            deleted=list(chosen.values_list("pk", flat=True)),
            approval=" " if wrong == "approval" else "批〔2026〕2号",
            reason=" " if wrong == "reason" else "误删",
        )
    assert rows() == []

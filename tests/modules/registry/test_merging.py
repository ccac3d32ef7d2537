"""Two numbers made one, and taken apart again."""

from __future__ import annotations

import pytest
from django.db.models import Model, QuerySet
from tests.core.casework.conftest import HERE, Office
from tests.core.org.bureau import SETUP
from tests.modules.registry.desk import agree, done, handed_in, id_number, registered

from renshe.core.casework.models import Case, State
from renshe.core.errors import BusinessError
from renshe.core.journal.closing import rows_close
from renshe.core.journal.context import declared
from renshe.core.org.models import Disclosure
from renshe.modules.registry.merging import merge_preview
from renshe.modules.registry.models import Card, Contact, Identifier, Life, Merged, Person
from renshe.modules.registry.selectors import numbers_of, people_identified, person_get, resolved

OLD_NUMBER = id_number(1)[:6] + id_number(1)[8:17]


def pair(office: Office) -> tuple[Person, Person]:
    """Return somebody entered twice: by his number of 15 digits, and by that of 18."""
    old = registered(
        office,
        1,
        id_number=OLD_NUMBER,
        name="张莉华",
        phone="13900000099",
        address="河西县柳树镇井台村一号",
        id_type="01",
    )
    return old, registered(office, 1, phone=None)


def form(old: Person, kept: Person, **more: str) -> dict[str, str]:
    return {"old_no": old.pk, "person_no": kept.pk, "ground": "户籍证明", **more}


@pytest.mark.req("S1-41", part="survivorship")
def test_of_each_field_both_values_and_what_survives_and_why_are_shown(registry: Office) -> None:
    old, kept = pair(registry)
    shown = merge_preview(actor=registry.maker, old=old.pk, kept=kept.pk, reason="核对是否同一人")
    fields = {one.field: one for one in shown.fields}
    assert set(fields) == {"id_number", "name", "phone", "address"}
    assert (fields["id_number"].old, fields["id_number"].kept) == (OLD_NUMBER, id_number(1))
    assert not fields["id_number"].takes_old and fields["id_number"].why == "号码有效"
    assert fields["phone"].takes_old and fields["phone"].why == "另一条为空" and fields["phone"].label == "联系电话"
    assert shown.obstacles == [] and Disclosure.objects.count() == 2
    masked = merge_preview(actor=registry.maker, old=old.pk, kept=kept.pk)
    assert {one.field: one.old for one in masked.fields}["name"] == "张**" and Disclosure.objects.count() == 2
    with pytest.raises(BusinessError, match="个人编号"):
        merge_preview(actor=registry.bureau.at("entry", "220802"), old=old.pk, kept=kept.pk)


@pytest.mark.req("S1-43")
def test_a_merger_joins_keeps_both_numbers_and_is_undone(registry: Office) -> None:
    old, kept = pair(registry)
    life = {"person_no": old.pk, "state": "school", "since": "1987-09-01", "ground": "学籍"}
    done(registry, "registry.person_life", life)
    done(registry, "registry.card", {"person_no": old.pk, "number": "K1", "event": "issue"})
    before = [sorted(one.values_list()) for one in map(_rows, (Person, Contact, Identifier, Life, Card))]
    done(registry, "registry.person_merge", form(old, kept))
    contact = Contact.objects.get(pk=kept.pk)
    assert (contact.phone, contact.address) == ("13900000099", "河西县柳树镇井台村一号")
    assert resolved(old.pk) == kept.pk and numbers_of(kept.pk) == [kept.pk, old.pk]
    assert person_get(actor=registry.maker, person_no=old.pk).pk == kept.pk
    assert {one["person_no"] for one in people_identified(actor=registry.maker, value=OLD_NUMBER)} == {kept.pk}
    assert Life.objects.get(state="school").person_id == Card.objects.get().person_id == kept.pk
    assert list(Identifier.objects.filter(valid_to=None).values_list("value", flat=True)) == [id_number(1)]
    with pytest.raises(BusinessError, match="保留的编号"):
        done(registry, "registry.person_change", {"person_no": old.pk, "phone": "13843600009", "ground": "x"})
    done(registry, "registry.person_unmerge", {"old_no": old.pk, "ground": "不是同一人"})
    assert before == [sorted(one.values_list()) for one in map(_rows, (Person, Contact, Identifier, Life, Card))]
    assert resolved(old.pk) == old.pk and Merged.objects.get().undone_case is not None
    with pytest.raises(BusinessError, match="没有并入"):
        handed_in(registry.maker, "registry.person_unmerge", {"old_no": old.pk, "ground": "再次"})
    done(registry, "registry.person_merge", form(old, kept))
    assert resolved(old.pk) == kept.pk


def _rows(model: type[Model]) -> QuerySet[Model]:
    return model._default_manager.all()


def test_what_changed_since_stays_when_a_merger_is_undone(registry: Office) -> None:
    old, kept = pair(registry)
    done(registry, "registry.person_merge", form(old, kept))
    done(registry, "registry.person_change", {"person_no": kept.pk, "phone": "13843600009", "ground": "本人"})
    done(registry, "registry.person_unmerge", {"old_no": old.pk, "ground": "不是同一人"})
    contact = Contact.objects.get(pk=kept.pk)
    assert (contact.phone, contact.address) == ("13843600009", None)


def test_a_clerk_may_let_a_field_stay(registry: Office) -> None:
    old, kept = pair(registry)
    done(registry, "registry.person_merge", form(old, kept, stays="联系电话，address"))
    contact = Contact.objects.get(pk=kept.pk)
    assert (contact.phone, contact.address) == (None, None)


@pytest.mark.req("S1-41")
def test_a_closed_field_keeps_its_value_and_the_preview_says_so(registry: Office) -> None:
    old = registered(registry, 1)
    kept = registered(registry, 1, id_number=OLD_NUMBER, ethnicity=None, work_start_date="2000-07-01")
    with declared(SETUP):
        rows_close(table="registry_person", keys=[kept.pk])
    fields = {one.field: one for one in merge_preview(actor=registry.maker, old=old.pk, kept=kept.pk).fields}
    assert fields["id_number"].takes_old and fields["id_number"].closed and fields["ethnicity"].closed
    done(registry, "registry.person_merge", form(old, kept))
    kept.refresh_from_db()
    assert (kept.id_number, kept.ethnicity) == (OLD_NUMBER, None)


@pytest.mark.req("S1-41")
def test_each_condition_stands_against_a_merger_until_it_is_settled(registry: Office) -> None:
    old, kept = pair(registry)

    def refused(why: str) -> None:
        with pytest.raises(BusinessError, match=why):
            handed_in(registry.maker, "registry.person_merge", form(old, kept))
        assert not Merged.objects.exists()

    for who, number in ((old, "K1"), (kept, "K2")):
        done(registry, "registry.card", {"person_no": who.pk, "number": number, "event": "issue"})
    refused("社会保障卡")
    done(registry, "registry.card", {"person_no": old.pk, "number": "K1", "event": "cancel"})
    death = {"person_no": old.pk, "death_date": "2020-05-01", "ground": "证明"}
    done(registry, "registry.person_death", death)
    refused("互相矛盾")
    done(registry, "registry.person_revival", {"person_no": old.pk, "ground": "误报"})
    other = registered(registry, 5, name="李秀英")
    with pytest.raises(BusinessError, match="两个有效而不同"):
        handed_in(registry.maker, "registry.person_merge", form(other, kept))
    with pytest.raises(BusinessError, match="已并入"):
        handed_in(registry.maker, "registry.person_merge", form(kept, kept))
    done(registry, "registry.person_apart", form(old, kept))
    refused("认定为两人")


@pytest.mark.req("S1-41")
def test_conditions_are_asked_again_when_the_effect_is_carried_out(registry: Office) -> None:
    old, kept = pair(registry)
    case = handed_in(registry.maker, "registry.person_merge", form(old, kept))
    done(registry, "registry.person_death", {"person_no": old.pk, "death_date": "2020-05-01", "ground": "证明"})
    with pytest.raises(BusinessError, match="互相矛盾"):
        agree(case, registry.checker, registry.approver)
    assert Case.objects.get(pk=case.pk).state == State.OPEN and not Merged.objects.exists()


@pytest.mark.req("S1-40")
def test_local_pairs_come_before_those_of_two_regions(registry: Office) -> None:
    old, kept = pair(registry)
    far = registered(registry, 1, region="220802", id_number="E12345678", id_type="08")
    city = registry.bureau.at("entry", "220800")
    told = {"old_no": far.pk, "person_no": kept.pk, "ground": "户籍证明"}
    with pytest.raises(BusinessError, match="先本地后异地"):
        handed_in(city, "registry.person_merge", told, region="220800")
    done(registry, "registry.person_merge", form(old, kept))
    done(registry, "registry.person_merge", told, region="220800")
    assert numbers_of(kept.pk) == [kept.pk, old.pk, far.pk]
    with pytest.raises(BusinessError):
        done(registry, "registry.person_merge", told, region=HERE)

"""People go out to partners as agreed, are asked about, and are told of: what was told stands beside what is held."""

from __future__ import annotations

import pytest
from tests.core.casework.conftest import Office
from tests.core.exchange.conftest import Other, csv, sides
from tests.core.org.bureau import SETUP
from tests.modules.registry.desk import done, id_number, registered

from renshe.core.casework.models import Case
from renshe.core.errors import BusinessError
from renshe.core.exchange.answering import COLUMNS
from renshe.core.exchange.comparing import difference_change
from renshe.core.exchange.models import Agreement, Batch, Difference, Partner, Record
from renshe.core.exchange.packages.content import content_read
from renshe.core.exchange.preparing import batch_prepare
from renshe.core.exchange.receiving import package_receive
from renshe.core.filing import store
from renshe.core.journal.closing import rows_close
from renshe.core.journal.context import declared
from renshe.modules.registry.compared import told_of
from renshe.modules.registry.models import Person, Unit
from renshe.standards.identity import uscc_check_char

POLICE = """
content: person
direction: {direction}
suite: intl
fields:
  - {{field: id_number, as: 公民身份号码, required: true}}
{more}
key: [公民身份号码]
media: csv
answers_within: 3
"""
NAMED = "  - {field: name, as: 姓名}\n  - {field: sex, as: 性别, codes: {'1': 男, '2': 女}}"
RETURNS = "returns:\n" + NAMED


@pytest.fixture
def police(registry: Office) -> Other:
    """The county, two people, and the police with an agreement to tell, one to ask and one to be sent people."""
    registered(registry, 1)
    registered(registry, 3, name="李秀英")
    with declared(SETUP):
        other = sides(registry, "intl")
        known = Agreement.objects.get(number="XY-IN")
        for number, direction, more in (("GA-1", "in", NAMED), ("GA-2", "in", RETURNS), ("GA-3", "out", NAMED)):
            Agreement.objects.create(
                number=number, version=1, own=known.own, partner=known.partner, title="人口信息", ground="条例",
                owner="handling", text=POLICE.format(direction=direction, more=more), case_no="XY-1",
                valid_from=known.valid_from,
            )  # fmt: skip
    return other


def tell(police: Other, *rows: tuple[str, str, str]) -> Batch:
    content = csv(list(rows), ("公民身份号码", "姓名", "性别"))
    package = police.make("batch", "GA-1", 1, content, len(rows))
    assert package_receive(package.file, channel="hand").outcome == "taken"
    return Batch.objects.get(agreement_number="GA-1", direction="in")


def test_people_go_out_as_agreed_and_not_those_of_others(registry: Office, police: Other) -> None:
    batch = batch_prepare(actor=registry.maker, agreement="GA-3")
    rows = content_read(store.read(batch.content), "csv", ["公民身份号码", "姓名", "性别"]).to_pylist()
    assert [(row["姓名"], row["性别"]) for row in rows] == [("张丽华", "男"), ("李秀英", "男")]
    one = Person.objects.get(name="李秀英")
    assert list(Record.objects.filter(batch=batch).values_list("subject", flat=True))[1] == one.pk
    assert batch_prepare(actor=registry.maker, agreement="GA-3", only=[one.pk]).rows == 1
    with pytest.raises(BusinessError, match="不是本机构的人员"):
        batch_prepare(actor=registry.maker, agreement="GA-3", only=[one.pk, "9999999999"])


@pytest.mark.req("S1-32", "S3-16", "S3-17")
@pytest.mark.parametrize("sort", ["police", "civil", "health", "disabled", "market", "tax"])
def test_what_a_partner_of_any_sort_tells_stands_beside_ours(registry: Office, police: Other, sort: str) -> None:
    with declared(SETUP):
        Partner.objects.filter(code="province").update(sort=sort)
    tell(police, (id_number(1), "张丽华", "女"), (id_number(3), "李秀英", "男"))
    shown = told_of(registry.maker, Difference.objects.get().subject)
    assert shown is not None
    (row,) = (row for row in shown["rows"] if row["differs"])
    assert (row["label"], row["ours"], row["theirs"], row["partner"]) == ("性别", "男", "女", "省厅")


@pytest.mark.req("S3-5")
def test_only_who_was_reviewed_goes_out_where_terms_say_so(registry: Office, police: Other) -> None:
    with declared(SETUP):
        known = Agreement.objects.get(number="GA-3")
        text = POLICE.format(direction="out", more=NAMED) + "verified: true\n"
        Agreement.objects.create(
            number="GA-4", version=1, own=known.own, partner=known.partner, title="已核实人员", ground="条例",
            owner="handling", text=text, case_no="XY-1", valid_from=known.valid_from,
        )  # fmt: skip
    assert batch_prepare(actor=registry.maker, agreement="GA-4").rows == 0
    one = Person.objects.get(name="李秀英")
    with declared(SETUP):
        rows_close(table="registry_person", keys=[one.pk])
    batch = batch_prepare(actor=registry.maker, agreement="GA-4")
    assert batch.records.get().subject == one.pk


UNITS = """
content: unit
direction: {direction}
suite: intl
fields:
  - {{field: uscc, as: 统一社会信用代码, required: true}}
{more}
key: [统一社会信用代码]
media: csv
answers_within: 3
"""


@pytest.mark.req(
    "S4-89", "S4-135", "S4-147", part="units told of and asked about; rules and audit come with their lines"
)
@pytest.mark.parametrize("sort", ["market", "tax", "treasury", "civil"])
def test_units_are_told_of_and_asked_about_as_people_are(registry: Office, police: Other, sort: str) -> None:
    code = "91220822MA0000001" + uscc_check_char("91220822MA0000001")
    form = {"name": "河西县粮库", "name_source": "licence", "unit_type": "10", "uscc": code, "phone": "0436-3100001"}
    begun = done(registry, "registry.unit_register", form)
    unit = Unit.objects.get(pk=Case.objects.get(pk=begun.pk).unit)
    named = "  - {field: name, as: 名称}\n  - {field: legal_rep, as: 法定代表人}"
    with declared(SETUP):
        Partner.objects.filter(code="province").update(sort=sort)
        known = Agreement.objects.get(number="GA-1")
        for number, direction, more in (("DW-1", "in", named), ("DW-2", "out", f"returns:\n{named}")):
            Agreement.objects.create(
                number=number, version=1, own=known.own, partner=known.partner, title="企业信息", ground="条例",
                owner="handling", text=UNITS.format(direction=direction, more=more), case_no="XY-1",
                valid_from=known.valid_from,
            )  # fmt: skip
    content = csv([(code, "河西县粮食储备库", "周文")], ("统一社会信用代码", "名称", "法定代表人"))
    assert package_receive(police.make("batch", "DW-1", 1, content, 1).file, channel="hand").outcome == "taken"
    found = {one.column: one for one in Difference.objects.all()}
    assert {name: (one.ours, one.theirs) for name, one in found.items()} == {
        "name": ("河西县粮库", "河西县粮食储备库"),
        "legal_rep": (None, "周文"),
    }
    number = difference_change(actor=registry.maker, difference=found["legal_rep"].pk)
    case = Case.objects.get(number=number)
    assert (case.type, case.unit, case.form["legal_rep"]) == ("registry.unit_change", unit.pk, "周文")
    batch = batch_prepare(actor=registry.maker, agreement="DW-2", purpose="稽核", only=[unit.pk])
    assert (batch.rows, batch.records.get().subject) == (1, unit.pk)


@pytest.mark.req("S1-32", "S3-16")
def test_what_the_police_tell_stands_beside_ours_and_becomes_a_case(registry: Office, police: Other) -> None:
    batch = tell(police, (id_number(1), "张立华", "男"), (id_number(3), "李秀英", "男"), (id_number(5), "无", "男"))
    fates = list(batch.records.order_by("place").values_list("fate", "said"))
    assert fates == [("accepted", ""), ("accepted", ""), ("refused", "本机构没有登记")]
    person = Person.objects.get(name="张丽华")
    found = Difference.objects.get()
    assert (found.subject, found.column, found.theirs) == (person.pk, "name", "张立华")
    shown = told_of(registry.maker, person.pk)
    assert shown is not None
    assert [(row["label"], row["theirs"], row["differs"]) for row in shown["rows"] if row["label"] == "姓名"] == [
        ("姓名", "张**", True)
    ]
    number = difference_change(actor=registry.maker, difference=found.pk)
    case = Case.objects.get(number=number)
    assert (case.type, case.form["name"], case.person) == ("registry.person_key", "张立华", person.pk)
    person.refresh_from_db()
    assert person.name == "张丽华"


@pytest.mark.req("S3-41", part="what the register holds; enrolment comes with its line")
def test_an_authorised_partner_asks_and_nobody_elses_people_are_told(registry: Office, police: Other) -> None:
    content = csv([(id_number(1),), (id_number(7),)], ("公民身份号码",))
    package = police.make("batch", "GA-2", 1, content, 2, purpose="户籍核查")
    assert package_receive(package.file, channel="hand").outcome == "taken"
    answers = Batch.objects.get(kind="answers")
    rows = content_read(store.read(answers.content), "parquet", [*COLUMNS, "姓名", "性别"]).to_pylist()
    assert [(row["fate"], row["姓名"], row["性别"]) for row in rows] == [
        ("accepted", "张丽华", "男"),
        ("refused", None, None),
    ]
    assert Record.objects.filter(subject=Person.objects.get(name="张丽华").pk, batch__purpose="户籍核查").exists()


def test_an_agreement_that_asks_for_what_is_not_held_is_refused_whole(registry: Office, police: Other) -> None:
    with declared(SETUP):
        known = Agreement.objects.get(number="GA-2")
        Agreement.objects.create(
            number="GA-9", version=1, own=known.own, partner=known.partner, title="别的", ground="条例",
            owner="handling", case_no="XY-1", valid_from=known.valid_from,
            text=POLICE.format(direction="in", more="returns:\n  - {as: 银行卡号}"),
        )  # fmt: skip
    package = police.make("batch", "GA-9", 1, csv([(id_number(1),)], ("公民身份号码",)), 1, purpose="核查")
    reply = package_receive(package.file, channel="hand")
    assert reply.outcome == "refused" and "银行卡号" in reply.reason and not Batch.objects.exists()

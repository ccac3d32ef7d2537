"""Units: one number, one record, every number that leads to it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from tests.core.casework.conftest import HERE, Office
from tests.core.org.bureau import SETUP
from tests.modules.registry.desk import agree, done, handed_in, hire

from renshe.core.casework.models import Case, State
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.actor import actor_of
from renshe.core.org.models import Department, Operator
from renshe.modules.registry import unit_cases
from renshe.modules.registry.models import Account, Filing, OldNumber, Unit, UnitMerged, UnitName, UnitSnapshot
from renshe.modules.registry.unit_merging import unit_merge_preview
from renshe.modules.registry.units import (
    accounts_of,
    filing_receive,
    filings,
    missing_counted,
    rolled_up,
    unit_get,
    unit_resolved,
    unit_write,
    units_found,
    units_identified,
    units_missing_code,
    units_provisional,
)  # fmt: skip
from renshe.standards.identity import uscc_check_char
from renshe.standards.serials import is_valid_serial


def uscc(serial: int) -> str:
    body = f"91220822{serial:09d}"
    return body + uscc_check_char(body)


def unit_form(serial: int = 1, **more: Any) -> dict[str, Any]:
    return {"name": f"河西县第{serial}粮库", "name_source": "seal", "uscc": uscc(serial), "unit_type": "10", **more}


def unit(office: Office, serial: int = 1, region: str = HERE, **more: Any) -> Unit:
    case = done(office, "registry.unit_register", unit_form(serial, **more), region)
    return Unit.objects.get(pk=Case.objects.get(pk=case.pk).unit)


@pytest.mark.req("S4-30", "S4-32", "S0-38")
def test_a_unit_has_one_number_one_record_one_account_and_is_filed(registry: Office) -> None:
    made = unit(registry)
    assert is_valid_serial(made.pk) and len(made.pk) == 8
    [account] = accounts_of(made.pk)
    assert account.default and account.agency == "ag-220822" and account.number == f"{made.pk}01"
    lead = registry.bureau.at("information")
    [filed] = filings(lead)
    assert (filed.unit_no, Case.objects.get(number=filed.case_no).type) == (made.pk, "registry.unit_register")
    with pytest.raises(BusinessError, match="没有在"):
        filing_receive(actor=registry.maker, unit_no=made.pk)
    assert filing_receive(actor=lead, unit_no=made.pk).received_by == lead.operator and not filings(lead)
    with pytest.raises(BusinessError, match="单位编号"):
        filing_receive(actor=lead, unit_no=made.pk)
    with pytest.raises(BusinessError, match=made.pk):
        unit(registry, 1, name="另一名称")
    with pytest.raises(BusinessError, match="信用代码"):
        unit(registry, 2, uscc=uscc(2)[:-1] + ("0" if uscc(2)[-1] != "0" else "1"))


@pytest.mark.req("S0-29")
def test_a_name_rests_on_a_seal_with_evidence_or_is_listed_as_provisional(registry: Office) -> None:
    with pytest.raises(BusinessError, match="单位公章"):
        from renshe.core.casework.services import case_start

        case_start(actor=registry.maker, type="registry.unit_register", region=HERE, form=unit_form(), submit=True)
    sealed, open_ = unit(registry, 1), unit(registry, 2, name_source="provisional")
    assert UnitName.objects.get(unit=sealed).evidence
    assert list(units_provisional(registry.maker)) == [open_]
    done(
        registry,
        "registry.unit_name",
        {"unit_no": open_.pk, "name": "河西县粮油公司", "name_source": "seal", "ground": "公章"},
    )
    names = UnitName.objects.filter(unit=open_).order_by("pk").values_list("name", "valid_to")
    assert [(name, until is None) for name, until in names] == [("河西县第2粮库", False), ("河西县粮油公司", True)]
    assert not units_provisional(registry.maker)
    with pytest.raises(BusinessError, match="名称依据"):
        unit(registry, 3, name_source="hearsay")


@pytest.mark.req("S0-31")
def test_a_missing_code_is_listed_with_its_day_and_counted_until_it_is_there(registry: Office) -> None:
    made = unit(registry, 1, uscc=None)
    assert made.code_due_on == dt.date.today() + dt.timedelta(days=90)
    assert list(units_missing_code(registry.maker)) == [made]
    with declared(SETUP):
        Unit.objects.update(code_due_on=dt.date(2020, 1, 1))
    told = missing_counted(registry.maker)
    assert (told.outstanding, told.late) == (1, 1)
    done(registry, "registry.unit_change", {"unit_no": made.pk, "uscc": uscc(1), "ground": "补齐"})
    assert missing_counted(registry.maker).outstanding == 0


@pytest.mark.req("S4-33")
def test_a_unit_is_split_into_accounts_and_totals_roll_up(registry: Office) -> None:
    made, other = unit(registry, 1), unit(registry, 2)
    done(registry, "registry.unit_account", {"unit_no": made.pk, "scheme": "工伤保险", "ground": "分户"})
    done(registry, "registry.unit_account", {"unit_no": made.pk, "branch": "柳树镇分库", "ground": "分户"})
    numbers = [one.number for one in accounts_of(made.pk)]
    assert len(numbers) == 3
    totals = {number: Decimal("0.10") for number in numbers} | {f"{other.pk}01": Decimal(7)}
    assert rolled_up(totals) == {made.pk: Decimal("0.30"), other.pk: Decimal(7)}
    with pytest.raises(BusinessError, match="请填写险种"):
        handed_in(registry.maker, "registry.unit_account", {"unit_no": made.pk, "ground": "x"})


@pytest.mark.req("S4-34")
def test_an_old_number_leads_to_the_account_that_it_was(registry: Office) -> None:
    made = unit(registry)
    form = {"unit_no": made.pk, "system": "养老老系统", "old_unit_no": "0431-77", "ground": "迁移"}
    done(registry, "registry.unit_account", form)
    assert OldNumber.objects.get().account == Account.objects.get()
    for value in ("0431-77", made.pk, uscc(1), uscc(1).lower(), f"{made.pk}01"):
        assert units_identified(actor=registry.maker, value=value) == [made]
    assert units_identified(actor=registry.bureau.at("entry", "220802"), value="0431-77") == []
    with pytest.raises(BusinessError, match="其他账户"):
        handed_in(registry.maker, "registry.unit_account", form)


@pytest.mark.req("S4-31", "S4-35", "S4-36")
def test_six_departments_enter_by_one_function_and_the_same_record_changes(registry: Office) -> None:
    made = unit(registry)
    kinds = ["planning", "pension", "unemployment", "handling", "information", "audit"]
    for at, kind in enumerate(kinds):
        actor = hire(registry, f"clerk-{kind}", "entry")
        with declared(SETUP):
            department = Department.objects.get(agency__region=HERE, kind=kind)
            Operator.objects.filter(number=actor.operator).update(department=department)
        form = {"unit_no": made.pk, "address": f"柳树镇 {at} 号", "ground": "迁址"}
        agree(handed_in(actor_of(actor.operator), "registry.unit_change", form), registry.checker)
        assert unit_get(actor=registry.maker, unit_no=made.pk).address == f"柳树镇 {at} 号"
        with pytest.raises(BusinessError, match="没有在"):
            handed_in(actor, "registry.unit_change", form, region="220802")
    assert Entry.objects.filter(table_name="registry_unit", operation="U").count() == 6
    with declared(SETUP), pytest.raises(LookupError):
        unit_write(actor=registry.maker, unit=made, values={"region": "220802"})


@pytest.mark.req("S4-30")
def test_units_are_merged_and_taken_apart(registry: Office) -> None:
    old, kept = unit(registry, 1, uscc=None, legal_rep="王立", phone="0436-3220000"), unit(registry, 2, phone=None)
    other = unit(registry, 3)
    shown = unit_merge_preview(actor=registry.maker, old_unit=old.pk, kept_unit=kept.pk)
    assert {one.field: one.takes_old for one in shown.fields} == {"name": False, "phone": True, "legal_rep": True}
    assert (
        not shown.obstacles and unit_merge_preview(actor=registry.maker, old_unit=other.pk, kept_unit=kept.pk).obstacles
    )
    with pytest.raises(BusinessError, match="单位编号"):
        unit_merge_preview(actor=registry.bureau.at("entry", "220802"), old_unit=old.pk, kept_unit=kept.pk)
    with pytest.raises(BusinessError, match="有效而不同"):
        handed_in(registry.maker, "registry.unit_merge", {"old_no": other.pk, "unit_no": kept.pk, "ground": "x"})
    done(registry, "registry.unit_merge", {"old_no": old.pk, "unit_no": kept.pk, "ground": "同一单位"})
    assert unit_resolved(old.pk) == kept.pk and accounts_of(kept.pk).count() == 2
    one = unit_get(actor=registry.maker, unit_no=old.pk)
    assert one == kept and (one.phone, one.legal_rep, one.name) == ("0436-3220000", "王立", kept.name)
    rows, _ = units_found(actor=registry.maker, name="河西县")
    assert rows == [kept, other]
    with pytest.raises(BusinessError, match="保留的编号"):
        done(registry, "registry.unit_change", {"unit_no": old.pk, "phone": "0436-3223456", "ground": "x"})
    done(registry, "registry.unit_unmerge", {"old_no": old.pk, "ground": "不是同一单位"})
    assert unit_resolved(old.pk) == old.pk and accounts_of(old.pk).get().default
    assert unit_get(actor=registry.maker, unit_no=kept.pk).phone is None
    assert UnitMerged.objects.get().undone_case is not None


@pytest.mark.req("S0-36")
def test_a_unit_goes_only_where_nothing_refers_to_it_and_is_kept_whole(
    registry: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = unit(registry)
    form = {"unit_no": made.pk, "ground": "重复登记"}
    monkeypatch.setattr(unit_cases, "_REFER", dict(unit_cases._REFER))
    unit_cases.refers("参保")(lambda unit_no: unit_no == made.pk)
    with pytest.raises(BusinessError, match="已有参保"):
        handed_in(registry.maker, "registry.unit_delete", form)
    unit_cases._REFER.pop("参保")
    case = handed_in(registry.maker, "registry.unit_delete", form)
    with pytest.raises(BusinessError, match="没有在"):
        agree(case, registry.checker, registry.approver)
    assert Unit.objects.exists()
    case = agree(case, registry.bureau.at("approve", "220000"))
    assert case.state == State.DONE and not Unit.objects.exists() and not Account.objects.exists()
    kept = UnitSnapshot.objects.get()
    assert kept.rows["registry_unit"][0]["name"] == made.name and len(kept.rows["registry_account"]) == 1
    assert not Filing.objects.exists()
    second = unit(registry, 2)
    done(registry, "registry.unit_change", {"unit_no": second.pk, "phone": "0436-3223456", "ground": "电话"})
    with pytest.raises(BusinessError, match="已办结或在办的业务"):
        handed_in(registry.maker, "registry.unit_delete", {"unit_no": second.pk, "ground": "x"})


def test_lists_of_units_go_page_by_page(registry: Office) -> None:
    made = [unit(registry, at) for at in (1, 2, 3)]
    rows, after = units_found(actor=registry.maker, limit=2)
    more, end = units_found(actor=registry.maker, limit=2, after=after)
    assert [*rows, *more] == made and end is None
    assert units_found(actor=registry.maker, region="220802") == ([], None)
    with pytest.raises(BusinessError, match="单位编号"):
        units_found(actor=registry.bureau.at("entry", "220802"), after=after)

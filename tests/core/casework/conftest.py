"""A bureau with a business operation of its own: opening a shop, checked; closing one, checked and approved."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from tests.core.org.bureau import NEXT_YEAR, SETUP, Bureau, make
from tests.core.toys.models import Shop

from renshe.core.casework.applying import Applicant
from renshe.core.casework.delegating import LEAD
from renshe.core.casework.forms import Item
from renshe.core.casework.held import QUERY
from renshe.core.casework.leading import PAUSE
from renshe.core.casework.local import LOCAL
from renshe.core.casework.models import Case
from renshe.core.casework.services import case_start, case_submit
from renshe.core.casework.types import Values, case_type
from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.models import Region
from renshe.core.org.operations import operations
from renshe.core.org.setting_up import grant_install

HERE = "220822"
FORM = {"code": "s1", "name": "白杨市第一中学"}
ITEMS = [Item("code", "编号", required=True, length=8), Item("name", "名称", required=True, length=20)]


def _known(values: Values) -> dict[str, str]:
    there = Shop.objects.filter(code=values["code"]).exists()
    return {"code": "编号已使用，请换一个"} if there else {}


@case_type(
    "shop.open", "单位开业", prefix="KY", items=ITEMS, checks=[_known], unit="code", workdays=5,
    applicants=frozenset({"unit"}),
)  # fmt: skip
def open_shop(case: Case, values: Values) -> None:
    if values["name"] == "不存在":
        raise BusinessError("org.reason_missing")
    Shop.objects.create(code=values["code"], name=values["name"])


@case_type("shop.close", "单位注销", prefix="ZX", items=ITEMS[:1], risk="high", unit="code")
def close_shop(case: Case, values: Values) -> None:
    Shop.objects.filter(code=values["code"]).delete()


@dataclass
class Office:
    """The bureau and who does what in its county 220822."""

    bureau: Bureau
    maker: Actor
    checker: Actor
    approver: Actor

    @property
    def here(self) -> Region:
        return self.bureau.regions[HERE]

    @staticmethod
    def setting_up() -> AbstractContextManager[None]:
        return declared(SETUP)


def allow(office: Office, *types: str) -> None:
    """Grant the steps of case ``types`` to the posts of their kind, in the whole province."""
    with declared(SETUP):
        for one in operations():
            if one.name.rpartition(".")[0] in types:
                grant_install(
                    post=office.bureau.posts[one.kind],
                    operation_name=one.name,
                    region=office.bureau.regions["220000"],
                    valid_until=NEXT_YEAR,
                )


def furnish() -> Office:
    found = make()
    with declared(SETUP):
        for name in ("shop.open", "shop.close"):
            for step, group in (("enter", "entry"), ("check", "check"), ("approve", "approve")):
                if (name, step) != ("shop.open", "approve"):
                    grant_install(
                        post=found.posts[group],
                        operation_name=f"{name}.{step}",
                        region=found.regions["220000"],
                        valid_until=NEXT_YEAR,
                    )
        looking = [(QUERY, group) for group in ("entry", "check", "approve")]
        for name, group in ((LEAD, "approve"), (LOCAL, "approve"), (PAUSE, "check"), *looking):
            grant_install(
                post=found.posts[group], operation_name=name, region=found.regions["220000"], valid_until=NEXT_YEAR
            )
    return Office(found, found.at("entry"), found.at("check"), found.at("approve"))


def applicant(code: str = "s1", number: str = "portal:1", operator: str | None = None) -> Applicant:
    """Somebody outside the house who acts for the shop ``code`` of the county."""
    return Applicant(number, "周文博", "unit", (code,), HERE, f"ag-{HERE}", operator)


def started(office: Office, type: str = "shop.open", form: dict[str, str] | None = None) -> Case:
    return case_start(actor=office.maker, type=type, region=HERE, form=FORM if form is None else form)


def submitted(office: Office, type: str = "shop.open", form: dict[str, str] | None = None) -> Case:
    case = started(office, type, form)
    return case_submit(actor=office.maker, number=case.number, seen=case.digest)


@pytest.fixture
def office(db: None) -> Office:
    return furnish()


@pytest.fixture
def office_committed(committed: None) -> Office:
    return furnish()

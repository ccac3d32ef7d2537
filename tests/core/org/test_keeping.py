"""Secrets at rest, and one account for each person."""

from __future__ import annotations

from urllib.parse import parse_qs, urlparse

import pytest
from django.db import IntegrityError
from tests.core.org.bureau import NEXT_YEAR, SETUP, Bureau

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.credentials import password_set, totp_enrol
from renshe.core.org.keeping import identity_digest, sealed, unsealed
from renshe.core.org.models import Credential, Operator
from renshe.core.org.staffing import operator_end, operator_identify, operator_register, operators_unidentified
from renshe.standards.identity import id_check_char

BODY = "22080219640318012"
NUMBER = BODY + id_check_char(BODY)
OLD = BODY[:6] + BODY[8:]


def register(bureau: Bureau, number: str, id_number: str | None = NUMBER, **more: object) -> Operator:
    return operator_register(
        actor=bureau.at("information"),
        number=number,
        name="张丽华",
        agency=bureau.agencies["220822"],
        id_number=id_number,
        **more,  # type: ignore[arg-type]
    )


def test_the_secret_of_a_telephone_is_not_in_the_database(bureau: Bureau) -> None:
    admin, head = bureau.at("information"), bureau.operator("approve")
    password_set(actor=admin, operator=head, password="白杨树下十个字以上的口令")
    drawn = parse_qs(urlparse(totp_enrol(actor=admin, operator=head)).query)["secret"][0]
    kept = Credential.objects.get(operator=head).totp_secret
    assert kept is not None and drawn not in kept and unsealed(kept) == drawn
    assert sealed(drawn) != sealed(drawn)
    with pytest.raises(BusinessError, match="重新绑定"):
        unsealed("x" + kept[1:])


@pytest.mark.req("S2-10", part="one person has one account")
@pytest.mark.parametrize("spelling", [NUMBER, OLD, f" {NUMBER} "])
def test_nobody_has_two_accounts(bureau: Bureau, spelling: str) -> None:
    first = register(bureau, "n1")
    with pytest.raises(BusinessError, match="已有工号 n1"):
        register(bureau, "n2", spelling)
    with pytest.raises(BusinessError, match="已有工号 n1"):
        register(bureau, "n2", spelling, temporary=True, valid_until=NEXT_YEAR)
    assert not Operator.objects.filter(number="n2").exists()
    with pytest.raises(IntegrityError, match="one_account_each"), declared(SETUP):
        Operator.objects.filter(number="entry-220822").update(identity=first.identity)
    operator_end(actor=bureau.at("information"), operator=first, reason="调离")
    with declared(SETUP):
        Operator.objects.filter(pk=first.pk).update(
            valid_from=first.valid_from.replace(year=2020), valid_until=first.valid_from.replace(year=2021)
        )
    assert register(bureau, "n2", spelling).identity == first.identity


def test_the_number_itself_is_kept_nowhere(bureau: Bureau) -> None:
    made = register(bureau, "n1")
    assert made.identity == identity_digest(NUMBER) and BODY not in str(made.identity)
    assert not Entry.objects.filter(after__icontains=BODY).exists()
    with pytest.raises(BusinessError, match="公民身份号码不正确"):
        register(bureau, "n2", NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2"))
    assert not Operator.objects.filter(number="n2").exists()


def test_who_was_registered_without_a_number_is_listed_until_it_is_said(bureau: Bureau) -> None:
    made, admin = register(bureau, "n1", None), bureau.at("information")
    assert made in operators_unidentified(admin)
    operator_identify(actor=admin, operator=made, id_number=NUMBER)
    assert made not in operators_unidentified(admin)
    with pytest.raises(BusinessError, match="已有工号 n1"):
        operator_identify(actor=admin, operator=bureau.operator("entry"), id_number=OLD)
    assert Operator.objects.exclude(identity=None).count() == 1
    with pytest.raises(BusinessError, match="没有在"):
        operator_identify(actor=admin, operator=bureau.operator("entry", "220802"), id_number=NUMBER)

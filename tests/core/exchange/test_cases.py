"""Partners, keys and agreements come and change by cases of three people, and what counted before stays."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from tests.core import conftest as ground
from tests.core.casework.conftest import Office, furnish
from tests.core.org.bureau import SETUP
from tests.modules.registry.desk import done, grant_all, handed_in

from renshe.core.errors import BusinessError
from renshe.core.exchange.keys import Ring, sealing_for, signer_of
from renshe.core.exchange.models import Agreement, Key, Partner
from renshe.core.exchange.packages.suites import fingerprint, suite
from renshe.core.exchange.standing import agreement_standing
from renshe.core.journal.context import declared
from renshe.core.org.keeping import unsealed

logins, db = ground.logins, ground.db
BANK: dict[str, Any] = {"code": "bank-1", "name": "县农商行", "sort": "bank", "ground": "代发协议"}
OWN: dict[str, Any] = {"code": "county-1", "name": "河西县", "sort": "bureau", "own": True, "ground": "本方"}
TEXT = "content: person\ndirection: out\nfields:\n  - {field: id_number, as: 证件号码}\nkey: [证件号码]\n"
AGREEMENT: dict[str, Any] = {
    "number": "XY-2026-7", "own": "county-1", "code": "bank-1", "title": "代发名单", "owner": "pension", "text": TEXT,
    "ground": "社会保险法",
}  # fmt: skip


@pytest.fixture
def office(db: None) -> Office:
    made = furnish()
    grant_all(made)
    return made


@pytest.mark.req("S4-81", "S4-89", part="partners are registered, changed and ended by cases")
def test_a_partner_comes_changes_and_ends_by_cases(office: Office) -> None:
    done(office, "exchange.partner", {**BANK, "directory_address": "/data/bank"})
    bank = Partner.objects.get(code="bank-1")
    assert (bank.name, bank.own, bank.addresses, bank.region_id) == (
        "县农商行", False, {"directory": "/data/bank"}, "220822",
    )  # fmt: skip
    done(office, "exchange.partner", {**BANK, "code": "bank-1-2", "name": "柳树支行", "above": "bank-1"})
    assert Partner.objects.get(code="bank-1-2").above == bank
    done(office, "exchange.partner", {**BANK, "name": "县农村商业银行", "ended": True})
    bank.refresh_from_db()
    assert (bank.name, bank.valid_until) == ("县农村商业银行", timezone.localdate())
    for form, said in (({**BANK, "above": "bank-9"}, "没有登记这个上级单位"), ({**BANK, "code": "a b"}, "代码只用")):
        with pytest.raises(BusinessError, match=said):
            handed_in(office.maker, "exchange.partner", form)


@pytest.mark.parametrize("used", ["sm", "intl"])
def test_a_key_is_registered_and_rotated_with_days_in_which_both_count(office: Office, used: str) -> None:
    done(office, "exchange.partner", BANK)
    first, second = (suite(used).draw("sign")[1] for _ in range(2))
    told = {"code": "bank-1", "suite": used, "purpose": "sign", "ground": "对方来函"}
    done(office, "exchange.key", {**told, "public": first.hex()})
    done(office, "exchange.key", {**told, "public": second.hex(), "overlap_days": 3})
    ring = Ring()
    assert [ring.signer(fingerprint(one)) for one in (first, second)] == [("bank-1", first), ("bank-1", second)]
    old = Key.objects.get(fingerprint=fingerprint(first))
    assert old.valid_until is not None and old.valid_until > timezone.now() + dt.timedelta(days=2)
    for wrong, said in (("xyz", "十六进制"), ("00" * 32, "不是这种算法的公钥") if used == "sm" else ("00" * 3, "不是")):
        with pytest.raises(BusinessError, match=said):
            handed_in(office.maker, "exchange.key", {**told, "public": wrong})
    with pytest.raises(BusinessError, match="已经登记过"):
        handed_in(office.maker, "exchange.key", {**told, "public": second.hex()})
    with pytest.raises(BusinessError, match="没有现行的加密密钥"):
        sealing_for(Partner.objects.get(code="bank-1"), used)


def test_our_own_key_is_drawn_here_and_its_private_half_is_sealed(office: Office) -> None:
    done(office, "exchange.partner", OWN)
    told = {"code": "county-1", "suite": "sm", "purpose": "sign", "ground": "启用"}
    done(office, "exchange.key", told)
    side = Partner.objects.get(code="county-1")
    first = signer_of(side, "sm")
    key = Key.objects.get(fingerprint=first.fingerprint)
    assert unsealed(key.secret.sealed) == first.private.hex() and first.private.hex() not in key.secret.sealed
    done(office, "exchange.key", told)
    assert signer_of(side, "sm").fingerprint != first.fingerprint
    with pytest.raises(BusinessError, match="不要填写"):
        handed_in(office.maker, "exchange.key", {**told, "public": first.public.hex()})


@pytest.mark.req("S3-36", part="an agreement states content, channel and cycle; versions")
def test_an_agreement_has_versions_of_which_one_counts(office: Office) -> None:
    for form in (OWN, BANK):
        done(office, "exchange.partner", form)
    done(office, "exchange.agreement", AGREEMENT)
    done(office, "exchange.agreement", {**AGREEMENT, "text": f"{TEXT}media: csv\n"})
    standing = agreement_standing("XY-2026-7")
    assert (standing.agreement.version, standing.terms.media) == (2, "csv")
    assert Agreement.objects.get(version=1).text == TEXT.strip()
    with pytest.raises(BusinessError, match="已写的内容不能修改"), declared(SETUP):
        Agreement.objects.filter(version=1).update(text="x")
    done(office, "exchange.agreement", {**AGREEMENT, "ended": True})
    with pytest.raises(BusinessError, match="没有现行的交换协议"):
        agreement_standing("XY-2026-7")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": "content: person\n"}, "direction：应为"),
        ({"text": TEXT.replace("id_number", "bank_account") + "never: [bank_account]\n"}, "不得送出"),
        ({"own": "bank-1"}, "没有登记这个本方"),
        ({"code": "county-1"}, "没有登记这个交换对方"),
        ({"owner": "nobody"}, "责任科室"),
    ],
)
def test_an_agreement_that_cannot_be_kept_to_is_not_handed_in(
    office: Office, change: dict[str, str], said: str
) -> None:
    for form in (OWN, BANK):
        done(office, "exchange.partner", form)
    with pytest.raises(BusinessError, match=said):
        handed_in(office.maker, "exchange.agreement", {**AGREEMENT, **change})

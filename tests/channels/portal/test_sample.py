"""The demo's people and units come in with one key, and nowhere else does anybody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from tests.channels.portal.conftest import Holder, nobody

from renshe.channels.portal.models import Account
from renshe.channels.portal.sample import portal_sample
from renshe.channels.portal.sessions import sign_in
from renshe.core.casework.models import Case
from renshe.core.errors import BusinessError
from renshe.core.org.sample import sample_found, sample_install
from renshe.modules.registry.sample import registry_sample


def test_the_demo_offers_its_people_and_units(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PAPERS", tmp_path / "papers")
    sample_install()
    registry_sample()
    assert len(portal_sample()) == 5 and portal_sample() == portal_sample()
    assert Case.objects.filter(applicant__isnull=False).count() == 1
    door = nobody()
    numbers = re.findall(r'name="account" value="(\d+)"', door.get("/demo"))
    assert len(numbers) == 5 and "选择一个账户" in door.get("/portal/sign-in")
    answer = door.post("/portal/demo", {"account": numbers[0]})
    assert answer["Location"] == "/portal/" and "人员一般信息变更" in door.get("/portal/")
    assert sign_in(login=numbers[1], password=sample_found().password, address="127.0.0.1")
    door.post("/portal/demo", {"account": "1"}, status=404)


def test_in_a_bureau_of_somebody_s_there_is_no_such_key(citizen: Holder) -> None:
    nobody().post("/portal/demo", {"account": citizen.account.number}, status=404)
    nobody().get("/portal/demo", 404)
    with pytest.raises(BusinessError):
        portal_sample()
    assert Account.objects.count() == 1

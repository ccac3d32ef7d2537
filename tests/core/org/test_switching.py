"""A line goes on region by region; where it is off one reads and does not write."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.core.org.bureau import TODAY, YESTERDAY, Bureau

from renshe.core.errors import BusinessError
from renshe.core.org.models import Agency, ModuleSwitch
from renshe.core.org.scope import Scope
from renshe.core.org.switching import module_on, module_switch, require_module


@pytest.mark.req("S4-17")
def test_the_nearest_region_and_the_latest_day_count(bureau: Bureau) -> None:
    head, tomorrow = bureau.at("approve", "220000"), TODAY + dt.timedelta(days=1)
    town, other = bureau.regions["220822101"], bureau.regions["220802"]
    assert module_on("medical", town)
    module_switch(actor=head, module="medical", region=bureau.regions["220000"], on=False, valid_from=TODAY)
    module_switch(actor=head, module="medical", region=bureau.regions["220822"], on=True, valid_from=tomorrow)
    assert not module_on("medical", town) and not module_on("medical", other, tomorrow)
    assert module_on("medical", town, tomorrow) and module_on("pension", town)
    with pytest.raises(BusinessError, match="未启用，只能查询"):
        require_module("medical", town)
    assert Scope(bureau.at("entry"), "toys.query").count(Agency.objects.all()) == 3


@pytest.mark.req("S4-17")
def test_nobody_switches_elsewhere_or_for_a_day_that_has_passed(bureau: Bureau) -> None:
    for actor, day in (
        (bureau.at("approve", "220802"), TODAY),
        (bureau.at("information"), TODAY),
        (bureau.at("approve"), YESTERDAY),
    ):
        with pytest.raises(BusinessError):
            module_switch(actor=actor, module="medical", region=bureau.regions["220822"], on=False, valid_from=day)
    assert not ModuleSwitch.objects.exists()

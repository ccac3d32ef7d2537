"""The catalogue of data sets, with who may use each."""

from __future__ import annotations

import pytest
from tests.core.org.bureau import NEXT_YEAR, SETUP, Bureau

from renshe.core.journal.context import declared
from renshe.core.org.data import settled
from renshe.core.org.setting_up import grant_install
from renshe.core.registers.catalogue import catalogue
from renshe.standards.data_sets import data_sets


@pytest.mark.req("S4-16")
def test_every_data_set_tells_owner_and_the_posts_of_ones_regions_that_use_it(bureau: Bureau) -> None:
    with declared(SETUP):
        for region in ("220802", "220822"):
            grant_install(
                post=bureau.posts["audit"],
                operation_name="journal.query",
                region=bureau.regions[region],
                valid_until=NEXT_YEAR,
            )
    told = {one.code: permitted for one, permitted in catalogue(bureau.at("audit"))}
    assert set(told) == set(data_sets())
    assert [(one.post, one.region) for one in told["journal"]] == [("audit", "220822")]
    assert told["benefit"] == []


def test_the_owners_are_the_departments_of_the_plan() -> None:
    known = {one["kind"]: one["name"] for one in settled("departments")}
    assert {one.owner: one.owner_label for one in data_sets().values()}.items() <= known.items()

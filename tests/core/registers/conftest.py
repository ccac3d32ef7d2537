"""A bureau whose auditors and heads look into the registers."""

from __future__ import annotations

import pytest
from tests.core.org.bureau import NEXT_YEAR, SETUP, Bureau, make

from renshe.core.journal.context import declared
from renshe.core.org.operations import operations
from renshe.core.org.setting_up import grant_install


def furnish() -> Bureau:
    found = make()
    with declared(SETUP):
        for post in found.posts.values():
            for one in operations():
                if one.name.startswith(("journal.", "registers.")) and one.kind in post.group.kinds:
                    grant_install(
                        post=post, operation_name=one.name, region=found.regions["220000"], valid_until=NEXT_YEAR
                    )
    return found


@pytest.fixture
def bureau(db: None) -> Bureau:
    return furnish()


@pytest.fixture
def bureau_committed(committed: None) -> Bureau:
    return furnish()

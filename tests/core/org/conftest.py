"""A bureau of invented people for each test."""

from __future__ import annotations

import pytest
from tests.core.org.bureau import Bureau, make


@pytest.fixture
def bureau(db: None) -> Bureau:
    return make()


@pytest.fixture
def bureau_committed(committed: None) -> Bureau:
    return make()

"""The server that the tests run on is the one that was asked for."""

from __future__ import annotations

import psycopg
from tests.conftest import DEBIAN, PROGRAMS


def test_the_server_is_the_one_that_was_asked_for(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        version = connection.info.server_version // 10_000
    assert version == (int(PROGRAMS[-1].parent.name) if DEBIAN else 18)
    assert version >= 14

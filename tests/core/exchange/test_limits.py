"""The agency's own limit holds, within what packages may be; what is no number is told and does nothing."""

from __future__ import annotations

import pytest
from django.conf import settings

from renshe.core.exchange.limits import most_bytes
from renshe.core.exchange.packages.package import MOST_BYTES
from renshe.web.checking import _exchange


@pytest.mark.parametrize(
    ("told", "most", "findings"),
    [
        ("", MOST_BYTES, 0), ("200", 200 << 20, 0), ("9999", MOST_BYTES, 0), ("99999999", MOST_BYTES, 0),
        ("2G", MOST_BYTES, 1), ("0", MOST_BYTES, 1), ("-1", MOST_BYTES, 1), ("２００", MOST_BYTES, 1),
        ("9" * 5000, MOST_BYTES, 1),
    ],
)  # fmt: skip
def test_how_large_a_package_may_be(told: str, most: int, findings: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "EXCHANGE_MOST_MB", told)
    assert most_bytes() == most and len(list(_exchange())) == findings

"""The county's office with every right of the register."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from tests.core.casework.conftest import Office
from tests.modules.registry.desk import grant_all


@pytest.fixture
def registry(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.setattr(settings, "PAPERS", tmp_path / "papers")
    grant_all(office)
    return office

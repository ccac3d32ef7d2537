"""A bureau on the session's server, and its home."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.core.backup.standing import furnish

from renshe.core.backup.saving import Saved, backup_make
from renshe.core.database.home import secret
from renshe.core.database.roles import Logins


@dataclass
class Standing:
    """Where a bureau stands."""

    home: Path
    logins: Logins
    server: str

    def save(self, **more: Path) -> Saved:
        return backup_make(self.home, self.logins, **more)


@pytest.fixture
def standing(committed: None, tmp_path: Path, logins: Logins, postgres_url: str) -> Standing:
    home = tmp_path / "home"
    home.mkdir()
    for name in ("django", "postgres", "renshe_owner", "renshe_app"):
        secret(home, name)
    furnish(home, logins.application)
    return Standing(home, logins, postgres_url)

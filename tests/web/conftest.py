"""The bureau's database of the core's tests, as the web sees it."""

from __future__ import annotations

from tests.core.conftest import committed, db, logins

__all__ = ["committed", "db", "logins"]

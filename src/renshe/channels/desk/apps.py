"""The app of the workbench."""

from __future__ import annotations

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Pages; no models."""

    name = "renshe.channels.desk"
    label = "desk"

    def ready(self) -> None:
        """Put the pages into the menu."""
        # In the order of the menu.
        from renshe.channels.desk import ways  # noqa: F401
        from renshe.channels.desk.books import cleaning, exchange, keeping, leading, places, staff, watching  # noqa: F401

"""The app of the portal."""

from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Accounts of people and units, their pages, and what a counter does with accounts."""

    name = "renshe.channels.portal"
    label = "portal"
    verbose_name = "网上服务"

    def ready(self) -> None:
        """Put the counter's part into its pages, and hear of what ends an account."""
        from renshe.channels.portal import counter, ending  # noqa: F401

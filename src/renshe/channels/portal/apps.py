"""The app of the portal."""

from __future__ import annotations

from django.apps import AppConfig, apps

from renshe.core.journal.vouching import vouches

_APPLIES = """asked LIKE 'portal:%' AND EXISTS (
            SELECT FROM portal_account a WHERE a.number = substr(asked, 8) AND a.closed_at IS NULL)"""


def is_open() -> bool:
    """Whether there is a portal: whose accounts they are the register knows; without it nobody comes in."""
    return apps.is_installed("renshe.modules.registry")


class PortalConfig(AppConfig):
    """Accounts of people and units, their pages, and what a counter does with accounts."""

    name = "renshe.channels.portal"
    label = "portal"
    verbose_name = "网上服务"

    def ready(self) -> None:
        """Let the journal know who applies, put the counter's part into its pages, and hear of what ends an account."""
        vouches(_APPLIES, "operator")
        if is_open():
            from renshe.channels.portal import counter, ending  # noqa: F401

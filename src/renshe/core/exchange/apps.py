"""Exchange as Django knows it."""

from django.apps import AppConfig

from renshe.core.journal.vouching import vouches

_PARTNER = "EXISTS (SELECT FROM exchange_partner p WHERE asked = 'partner:' || p.code)"


class Exchange(AppConfig):
    name = "renshe.core.exchange"
    label = "exchange"
    verbose_name = "数据交换"

    def ready(self) -> None:
        """Declare case types and operations of exchange, and that partners stand in the journal by their codes."""
        from renshe.core.exchange import cases, operating  # noqa: F401

        vouches(_PARTNER, "operator")

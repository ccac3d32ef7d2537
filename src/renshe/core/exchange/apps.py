"""Exchange as Django knows it."""

from django.apps import AppConfig


class Exchange(AppConfig):
    name = "renshe.core.exchange"
    label = "exchange"
    verbose_name = "数据交换"

    def ready(self) -> None:
        """Declare case types and operations of exchange."""
        from renshe.core.exchange import cases, operating  # noqa: F401

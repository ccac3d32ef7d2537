"""Registers as Django knows it."""

from django.apps import AppConfig


class Registers(AppConfig):
    name = "renshe.core.registers"
    label = "registers"
    verbose_name = "登记簿"

    def ready(self) -> None:
        """Declare what can be granted of the registers."""
        from renshe.core.registers import operating  # noqa: F401

"""Registers as Django knows it."""

from django.apps import AppConfig


class Registers(AppConfig):
    name = "renshe.core.registers"
    label = "registers"
    verbose_name = "登记簿"

"""The register as Django knows it."""

from django.apps import AppConfig


class Registry(AppConfig):
    name = "renshe.modules.registry"
    label = "registry"
    verbose_name = "人员单位登记"

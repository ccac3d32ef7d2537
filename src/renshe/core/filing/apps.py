"""Filing as Django knows it."""

from django.apps import AppConfig


class Filing(AppConfig):
    name = "renshe.core.filing"
    label = "filing"
    verbose_name = "材料与归档"

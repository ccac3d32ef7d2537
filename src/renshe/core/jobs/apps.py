"""Background work as Django knows it."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class Jobs(AppConfig):
    name = "renshe.core.jobs"
    label = "jobs"
    verbose_name = "后台任务"

    def ready(self) -> None:
        # Every room declares what it does in the background in a module of this name.
        autodiscover_modules("background")

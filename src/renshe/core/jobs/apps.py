"""Background work as Django knows it."""

from django.apps import AppConfig


class Jobs(AppConfig):
    name = "renshe.core.jobs"
    label = "jobs"
    verbose_name = "后台任务"

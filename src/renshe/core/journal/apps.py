"""The journal as Django knows it."""

from django.apps import AppConfig


class Journal(AppConfig):
    name = "renshe.core.journal"
    label = "journal"

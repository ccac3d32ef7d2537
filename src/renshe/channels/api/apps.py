"""The API as Django knows it."""

from django.apps import AppConfig


class Api(AppConfig):
    name = "renshe.channels.api"
    label = "api"
    verbose_name = "接口"

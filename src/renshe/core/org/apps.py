"""Organisations as Django knows them."""

from django.apps import AppConfig


class Org(AppConfig):
    name = "renshe.core.org"
    label = "org"
    verbose_name = "机构与权限"

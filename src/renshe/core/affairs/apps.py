"""Affairs as Django knows them."""

from django.apps import AppConfig


class Affairs(AppConfig):
    name = "renshe.core.affairs"
    label = "affairs"
    verbose_name = "内部事务"

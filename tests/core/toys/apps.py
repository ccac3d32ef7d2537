from django.apps import AppConfig


class Toys(AppConfig):
    name = "tests.core.toys"
    label = "toys"

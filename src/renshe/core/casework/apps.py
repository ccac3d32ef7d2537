"""Cases as Django knows them."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class Casework(AppConfig):
    name = "renshe.core.casework"
    label = "casework"

    def ready(self) -> None:
        """Make the case types of every app known: they stand in its ``cases``."""
        autodiscover_modules("cases")

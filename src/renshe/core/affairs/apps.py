"""Affairs as Django knows them."""

from django.apps import AppConfig


class Affairs(AppConfig):
    name = "renshe.core.affairs"
    label = "affairs"
    verbose_name = "内部事务"

    def ready(self) -> None:
        """Make the case types known."""
        from renshe.core.affairs import conduct, deletion, questions

        assert conduct and deletion and questions

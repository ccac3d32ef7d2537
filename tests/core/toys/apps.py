from django.apps import AppConfig

from renshe.core.journal.vouching import vouches

_APPROVED = "asked ~ '^(批〔|CX|C-1$|修改申请 |复核 |审核 )'"
"""Numbers that tests invent for approved matters; all others are those of cases, or of none."""
_PEOPLE = "asked ~ '^(op(-[0-9])?|portal:[0-9])$'"
"""Numbers of people whom tests need without an organisation, and of applicants without a portal."""


class Toys(AppConfig):
    name = "tests.core.toys"
    label = "toys"

    def ready(self) -> None:
        vouches(_APPROVED, "deletion", "sealing", "release")
        vouches(_PEOPLE, "operator", "editor")

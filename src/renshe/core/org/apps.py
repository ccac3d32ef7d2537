"""Organisations as Django knows them."""

from django.apps import AppConfig
from django.conf import settings

from renshe.core.journal.vouching import vouches

_SOMEBODY = """asked IN ('system', 'setup') OR EXISTS (SELECT FROM org_operator o WHERE o.number = asked)
        OR EXISTS (SELECT FROM org_apitoken t WHERE 'partner:' || t.partner = asked)"""
_WORKS_HERE = """EXISTS (SELECT FROM org_operator o WHERE o.number = asked
            AND o.valid_from <= (now() AT TIME ZONE '{zone}')::date
            AND coalesce(o.valid_until, 'infinity') >= (now() AT TIME ZONE '{zone}')::date)"""


class Org(AppConfig):
    name = "renshe.core.org"
    label = "org"
    verbose_name = "机构与权限"

    def ready(self) -> None:
        """Let the journal know who is somebody (people, partners' programs, the clock, whoever sets a bureau up), and
        who works here."""
        vouches(_SOMEBODY, "operator")
        vouches(_WORKS_HERE.format(zone=settings.TIME_ZONE), "editor")

"""Cases as Django knows them."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from renshe.core.journal.vouching import vouches

_DONE = "EXISTS (SELECT FROM casework_case k WHERE k.number = asked AND k.state = 'done')"
# Its effect is carried out before it is done, when all who must have agreed.
_CARRIED_OUT = """EXISTS (SELECT FROM casework_case k WHERE k.number = asked AND k.state = 'open' AND k.needed <= (
            SELECT count(DISTINCT d.operator) FROM casework_decision d WHERE d.case_id = k.id AND d.round = k.round
            AND d.verdict = 'agree' AND d.digest = k.digest AND NOT d.operator = ANY (k.makers || k.maker)))"""


class Casework(AppConfig):
    name = "renshe.core.casework"
    label = "casework"

    def ready(self) -> None:
        """Make the case types of every app known: they stand in its ``cases``; guard the papers of cases, and let the
        journal know which are approved: while its effect is carried out a case may delete, seal and unseal, afterwards
        others seal and unseal by it."""
        vouches(_CARRIED_OUT, "deletion", "sealing")
        vouches(_DONE, "sealing")
        autodiscover_modules("cases")
        import_module("renshe.core.casework.papers")

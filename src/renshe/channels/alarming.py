"""What is wrong, in one list for pages and programs: what is overdue, papers that are lost or altered,
and exchange that is late."""

from __future__ import annotations

from django.utils import timezone

from renshe.core.database.home import home
from renshe.core.exchange.cycles import troubles
from renshe.core.filing.alarms import alarms_open
from renshe.core.org.actor import Actor
from renshe.core.registers.alarms import Alarm, alarms


def alarms_told(actor: Actor) -> list[Alarm]:
    """Return what is overdue or not as it should be, as far as ``actor`` sees."""
    papers = [
        Alarm("paper", f"材料 {one.digest[:12]} {one.get_found_display()}", since=timezone.localdate(one.found_at))
        for one in alarms_open(actor)
    ]
    exchanged = [Alarm("exchange", told, since=since) for told, since in troubles(actor)]
    return [*alarms(actor, home=home()), *papers, *exchanged]

"""Business lines go on region by region (分类指导、分步骤).

Rule: a switch holds for its region and what is below, from its day on; the nearest region that says something counts,
and there the latest day. Where nobody said anything a line is on: rights are denied by default already.

Invariant: a line that is off refuses writing alone; what was written stays readable.
"""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.org.models import ModuleSwitch, Region
from renshe.core.org.rights import require
from renshe.core.org.validity import require_near


def module_switch(*, actor: Actor, module: str, region: Region, on: bool, valid_from: dt.date) -> ModuleSwitch:
    """Switch ``module`` on or off in ``region`` from that day, which has not passed."""
    require(actor, "org.module.switch", region)
    if valid_from < timezone.localdate():
        raise BusinessError("org.switch_day")
    require_near(valid_from)
    with declared(actor.context("启用业务模块" if on else "停用业务模块")):
        made, _ = ModuleSwitch.objects.update_or_create(
            module=module, region=region, valid_from=valid_from, defaults={"on": on}
        )
    return made


def module_on(module: str, region: Region, on: dt.date | None = None) -> bool:
    """Whether ``module`` is on in ``region``, that day or today."""
    above = region.path.split("/")
    said = ModuleSwitch.objects.filter(module=module, region__in=above, valid_from__lte=on or timezone.localdate())
    latest = {one.region_id: one.on for one in said.order_by("valid_from")}
    return next((latest[code] for code in reversed(above) if code in latest), True)


def require_module(module: str, region: Region) -> None:
    """Refuse to write for ``module`` where it is off."""
    if not module_on(module, region):
        raise BusinessError("org.module_off", module=module, region=region.name)

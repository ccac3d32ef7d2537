"""Every service of the ground, tried by everybody: who may, may; all others are refused and nothing has changed.

New services are found by themselves, and fail here until ``who_may.yaml`` says who may.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import models, transaction
from django.db.models import QuerySet
from tests.core.casework.conftest import HERE
from tests.core.walking import World, arguments, build, last_entry, said, services, strange

from renshe.core.casework.deciding import cases_decide
from renshe.core.errors import BusinessError
from renshe.core.jobs.models import Job
from renshe.core.org.actor import Actor
from renshe.core.org.models import Session
from renshe.core.org.scope import UNSCOPED, _regions_of

WHO_MAY = Path(__file__).parent / "who_may.yaml"
ASK_NOTHING = {
    "casework.held.require_here": "asks itself whether one may",
    "casework.held.require_maker": "asks itself whether one may",
    "casework.acting.possible": "tells what could be done, changes nothing",
    "casework.deciding.may_decide": "tells what could be done, changes nothing",
    "casework.delegating.stands_in_for": "for casework, which asks for the right",
    "casework.showing.case_shown": "of a case that was got by case_get",
    "casework.showing.on_desk": "tells whether, changes nothing",
    "exchange.by_hand.may_register": "is the question",
    "exchange.emergency.designated": "is the question",
    "filing.attachments.attachment_put": "for rooms that asked for a right of their own; the guards are asked",
    "filing.attachments.attachment_take_out": "for rooms that asked for a right of their own; the guards are asked",
    "exchange.emergency.require_or_designated": "is the question",
    "exchange.emergency.plan_for": "is the question",
    "registry.compared.told_of_subject": "a panel of a case that one sees",
    "filing.attachments.contents": "of a row that was got within the scope",
    "filing.attachments.require_concern": "of a row that was got within the scope",
    "filing.documents.document_make": "for rooms that asked for a right of their own",
    "filing.volumes.month_end_make": "for the clock and for rooms that asked for a right of their own",
    "org.actor.operator_of": "one's own row",
    "org.attributes.require_owner": "asks itself whether one may",
    "org.attributes.readable_fields": "names of fields; rows are got elsewhere",
    "org.signing_in.password_change": "one's own password",
    "org.rights.anywhere": "is the question",
    "org.rights.may": "is the question",
    "org.rights.require": "is the question",
    "org.rights.powers": "is the question",
    "org.rights.visible_regions": "is the question",
    "org.rights.granted_fields": "is the question",
    "registers.tracing.seen_by": "a condition",
    "registers.tracing.found": "within the condition; entries() is asked",
    "registers.searching.backup_search": "needs a database that was brought back: test_searching",
    "registry.people.person_write": "for effects and the regime, which asked; asks who keeps each field: test_people",
    "registry.units.unit_write": "for effects, which asked; asks who keeps each field: test_units",
}
"""Functions in which somebody acts that are no services, and why."""

SHOWS_NO_REGION = {
    "casework.processes.durations": "counts by type",
    "exchange.cycles.troubles": "days and words; of batches that one sees: test_cycles",
    "exchange.selectors.fates": "counts",
    "registers.capacity.availability_shown": "of the installation, for who may look at a register",
    "registers.catalogue.catalogue": "what data sets there are, for everybody",
    "registers.monthly.change_logs_unchecked": "of months before this one, in which nothing happened",
    "registry.compared.told_of": "beside a person that one sees: test_exchange",
    "registry.selectors.people_counted": "counts",
    "registry.unit_merging.unit_merge_preview": "of two units that one sees, in what they differ: test_units",
    "registry.units.missing_counted": "counts",
}
"""What answers everybody and shows nothing that belongs to a region, and why."""

ONLY_ABOVE = {f"registry.modifying.modification_{step}" for step in ("designate", "unseal", "enter")}
ONLY_ABOVE |= {"registry.modified.modification_abandon"}
"""What only the agency above the county's does."""

SERVICES = {name: made for name, made in services().items() if name not in ASK_NOTHING}


@pytest.fixture(scope="module")
def world(logins: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all, taken back at the end."""
    before = getattr(settings, "PAPERS", None)
    settings.PAPERS = tmp_path_factory.mktemp("papers")
    with transaction.atomic():
        yield build(tmp_path_factory.mktemp("home"))
        transaction.set_rollback(True)
    settings.PAPERS = before


class TakenBack(Exception):
    """What was tried is taken back."""


def tried(made: Callable[..., Any], actor: Actor, told: dict[str, Any]) -> tuple[bool, Any]:
    """Return whether ``actor`` was let, and what was shown; a refusal that changed something fails."""
    outcome: tuple[bool, Any] = (False, None)
    try:
        with transaction.atomic():
            before = footprint()
            try:
                shown = _seen(made(actor=actor, **told))
                # Of many, each is let or refused by itself.
                outcome = (made is not cases_decide or any(one.state for one in shown), shown)
            except BusinessError:
                assert footprint() == before, "refused, and yet something has changed"
            raise TakenBack
    except TakenBack:
        return outcome


def footprint() -> tuple[int, ...]:
    return last_entry(), Job.objects.count(), Session.objects.count()


def _seen(result: Any) -> Any:
    if isinstance(result, AbstractContextManager):
        with result as inside:
            return inside
    return list(result) if isinstance(result, QuerySet | Iterator) else result


def shows_the_county(result: Any) -> bool:
    """Whether something of the county is in what was shown."""
    if isinstance(result, models.Model):
        if result._meta.label in UNSCOPED:
            return True
        return any(str(code).startswith(HERE) for code in _regions_of(result))
    if isinstance(result, dict):
        return any(map(shows_the_county, [*result.keys(), *result.values()]))
    if isinstance(result, list | tuple | set | frozenset):
        return any(map(shows_the_county, result))
    if is_dataclass(result):
        return any(shows_the_county(getattr(result, one.name)) for one in fields(result))
    return result is not None and HERE in repr(result)


@pytest.mark.parametrize("name", SERVICES)
def test_strangers_are_refused_or_shown_nothing_and_nothing_has_changed(world: World, name: str) -> None:
    made = SERVICES[name]
    told = arguments(name, made, world.things)
    writes = _is_service(made)
    let = {}
    for who, actor in world.strangers.items():
        ok, shown = tried(made, actor, told)
        if ok and (writes or shows_the_county(shown)):
            let[who] = repr(shown)[:200]
    assert {who: shown for who, shown in let.items() if who not in _MAY_ANYWHERE.get(name, ())} == {}


@pytest.mark.parametrize("name", SERVICES)
def test_in_the_county_who_may_is_who_is_said_to(world: World, name: str) -> None:
    made = SERVICES[name]
    told = arguments(name, made, world.things)
    found = []
    above = world.city if name in ONLY_ABOVE else {}
    for group, actor in (world.own | above).items():
        ok, shown = tried(made, actor, told)
        if ok and (_is_service(made) or shows_the_county(shown)):
            found.append(group)
    if "WRITE_WHO_MAY" in os.environ:
        with WHO_MAY.open("a") as file:
            file.write(f"{name}: [{', '.join(found)}]\n")
        return
    assert {name: found} == {name: said(WHO_MAY).get(name)}


@pytest.mark.parametrize("name", SERVICES)
def test_names_of_nothing_are_refused_and_nothing_has_changed(world: World, name: str) -> None:
    made = SERVICES[name]
    told = arguments(name, made, world.things)
    for argument, value in strange(made):
        for group, actor in world.own.items():
            ok, shown = tried(made, actor, {**told, argument: value})
            assert not (ok and shows_the_county(shown)), (argument, value, group)


def test_what_is_said_of_services_is_said_of_those_that_are() -> None:
    assert set(said(WHO_MAY)) == set(SERVICES)
    assert set(ASK_NOTHING) <= set(services())


def test_each_service_lets_somebody() -> None:
    listed = said(WHO_MAY)
    assert {name for name, who in listed.items() if not who} == set(SHOWS_NO_REGION)


def _is_service(made: Callable[..., Any]) -> bool:
    """Whether it changes something: services are named so, and asked by names alone."""
    return made.__name__ not in _READ and made.__name__.rpartition("_")[2] in _VERBS


_READ = ("faults_open", "alarms_open", "bulk_broken_off")
_VERBS = {
    "decide", "give", "end", "assign", "pause", "resume", "extend", "set", "print", "start", "take", "fill", "submit",
    "withdraw", "reveal", "add", "remove", "release", "issue", "void", "open", "close", "move", "cancel", "retry",
    "register", "stop", "off", "lift", "read", "grant", "enrol", "revoke", "apply", "review", "approve", "refuse",
    "permit", "identify", "begin", "succeed", "switch", "prove", "bulk", "up", "delete", "restore", "check", "record",
    "name", "enter", "report", "designate", "unseal", "supplement", "receive", "abandon", "resolve", "copy", "verify",
    "export",
}  # fmt: skip
# What is of one's own agency or regions, wherever they are.
_MAY_ANYWHERE = {
    "registers.running.fault_report": ("information elsewhere",),
    "registers.cleaning.clean_up": ("information elsewhere",),
    "registers.backups.backup_register": ("information elsewhere",),
    "casework.exporting.cases_export": ("approve elsewhere", "information elsewhere", "audit elsewhere"),
}

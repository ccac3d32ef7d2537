"""The county of the walks as the web sees it: what only pages ask for, and people of the county with accounts."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction
from tests.channels.portal.conftest import Holder, holder, opened
from tests.core.casework.conftest import HERE
from tests.core.county import LAST_MONTH
from tests.core.filing.conftest import a_pdf
from tests.core.org.bureau import SETUP
from tests.core.walking import World, build
from tests.modules.registry.desk import agree, id_number, registered

from renshe.core.casework.applying import application_attach, case_apply
from renshe.core.casework.models import Case
from renshe.core.casework.printing import application_print
from renshe.core.casework.services import case_submit, case_take
from renshe.core.filing.models import Volume
from renshe.core.journal.context import declared
from renshe.core.org.models import Network
from renshe.core.registers.models import BulkWork, Candidate, DatabaseCheck, RunningLog
from renshe.core.registers.monthly import log_of
from renshe.modules.registry.models import Filing


@pytest.fixture(scope="module")
def world(logins: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all, taken back at the end."""
    before, home = getattr(settings, "PAPERS", None), os.environ.get("RENSHE_HOME")
    settings.PAPERS = tmp_path_factory.mktemp("papers")
    os.environ["RENSHE_HOME"] = str(tmp_path_factory.mktemp("home"))
    with transaction.atomic():
        made = build(tmp_path_factory.mktemp("other"))
        _more(made)
        _portal(made)
        yield made
        transaction.set_rollback(True)
    settings.PAPERS = before
    if home is None:
        del os.environ["RENSHE_HOME"]
    else:
        os.environ["RENSHE_HOME"] = home


def _more(world: World) -> None:
    """What only pages ask for: rows of the county by their keys."""
    regions = world.office.bureau.regions
    with declared(SETUP):
        Network.objects.create(cidr="127.0.0.0/8", name="本机", region=regions["220000"])
        network = Network.objects.create(cidr="10.2.0.0/16", name="县局", region=regions[HERE])
    things = world.things
    things |= {
        "network": network.pk,
        "running_log": RunningLog.objects.filter(region=HERE)[0].pk,
        "database_check": DatabaseCheck.objects.filter(region=HERE)[0].pk,
        "bulk": BulkWork.objects.filter(region=HERE)[0].pk,
        "volume_key": Volume.objects.get(number=things["volume"]).pk,
        "closed_key": Volume.objects.get(number=things["closed"]).pk,
        "clean_up_key": Candidate.objects.get(pk=things["candidate"]).clean_up_id,
        "filing": Filing.objects.get(unit_no=things["unit_no"]).pk,
        "month_seen": log_of(regions[HERE], LAST_MONTH).digest,
    }


def _portal(world: World) -> None:
    """A citizen with a draft and a case that is done, a neighbour, and a unit's clerk whose application is taken up."""
    office, things = world.office, world.things
    citizen = holder(office, "13843600011", person_no=things["person_no"])
    neighbour = holder(office, "13843600012", person_no=registered(office, 31, name="李国栋").pk)
    clerk = holder(office, "13843600013", unit_no=things["unit_no"], name="周文博")
    spare, _ = opened(office, "13843600014", unit_no=things["unit_no"], name="吴海棠")
    form = {"id_number": id_number(1, "19800102"), "ground": "派出所更正"}
    draft = case_apply(applicant=citizen.visitor.applicant, type="registry.person_key", form=form)
    paper = application_attach(
        applicant=citizen.visitor.applicant, number=draft.number, kind="evidence", name="a.pdf", content=a_pdf(7)
    )
    done = _taken(world, citizen, "registry.person_change", {"phone": "13843600099", "ground": "换号"})
    case_submit(actor=office.maker, number=done.number, seen=done.digest)
    agree(Case.objects.get(pk=done.pk), office.checker)
    result = application_print(applicant=citizen.visitor.applicant, number=done.number, document="filing.result")
    taken = _taken(world, clerk, "registry.unit_change", {"phone": "04361234567", "ground": "换号"})
    things |= {
        "holders": {"citizen": citizen, "neighbour": neighbour, "clerk": clerk},
        "application": draft,
        "application_paper": paper.pk,
        "application_done": done.number,
        "application_result": result.number,
        "application_taken": taken.number,
        "account": spare.pk,
    }


def _taken(world: World, who: Holder, type: str, form: dict[str, str]) -> Case:
    """Return what somebody applied for and an officer took up."""
    case = case_apply(applicant=who.visitor.applicant, type=type, form=form, submit=True)
    return case_take(actor=world.office.maker, number=case.number)

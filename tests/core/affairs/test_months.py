"""The month's log printed with its check, and filed by the clock with the requests that were carried out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from tests.core.casework.conftest import HERE, Office, furnish, submitted
from tests.core.filing.test_volumes import CHANGE
from tests.core.org.bureau import NEXT_YEAR, SETUP, Bureau
from tests.core.registers.test_monthly import MONTH, changed

from renshe.core.affairs.months import change_log_print, months_file
from renshe.core.casework.deciding import case_decide
from renshe.core.errors import BusinessError
from renshe.core.filing import documents
from renshe.core.filing.forms import CHANGE_REQUEST
from renshe.core.filing.models import Document, Volume
from renshe.core.filing.volumes import MONTH_END
from renshe.core.jobs.models import SYSTEM, Job
from renshe.core.jobs.models import State as JobState
from renshe.core.jobs.running import run
from renshe.core.journal.context import declared
from renshe.core.org.setting_up import grant_install
from renshe.core.registers import monthly, operating

assert changed


@pytest.fixture
def office(db: None) -> Office:
    return furnish()


@pytest.fixture
def bureau(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    monkeypatch.setattr(settings, "PAPERS", tmp_path / "papers")
    made = office.bureau
    rights = [("information", operating.QUERY), ("audit", operating.QUERY), ("check", operating.QUERY)]
    rights += [("check", operating.CHECK_LOG), ("information", operating.PRINT_LOG), ("entry", documents.ISSUE)]
    rights += [("entry", operating.QUERY)]
    with declared(SETUP):
        for group, name in rights:
            grant_install(
                post=made.posts[group], operation_name=name, region=made.regions["220000"], valid_until=NEXT_YEAR
            )
    return made


@pytest.fixture
def month(changed: Bureau, office: Office, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    """The month is over; one request was carried out in it, another is not yet decided."""
    for at, decided in enumerate((True, False)):
        case = submitted(office, form={"code": f"s{at}", "name": "x"})
        if decided:
            case_decide(actor=office.checker, number=case.number, verdict="agree", seen=case.digest)
        with declared(SETUP):
            documents.document_make(
                actor=office.maker, name=CHANGE_REQUEST.name, region=HERE, data=CHANGE, matter=case.number
            )
    later = timezone.now() + dt.timedelta(days=31)
    monkeypatch.setattr("renshe.core.registers.monthly.timezone.now", lambda: later)
    return changed


def checked(bureau: Bureau, *, agrees: bool = True) -> None:
    region, actor = bureau.regions[HERE], bureau.at("check")
    log = monthly.change_log(actor=actor, region=region, month=MONTH)
    opinion = "" if agrees else "缺一笔"
    monthly.change_log_check(actor=actor, region=region, month=MONTH, seen=log.digest, agrees=agrees, opinion=opinion)


@pytest.mark.req("S2-46")
def test_the_log_is_printed_with_what_the_business_department_found(month: Bureau) -> None:
    actor, region = month.at("information"), month.regions[HERE]
    first = change_log_print(actor=actor, region=region, month=MONTH)
    [row] = first.data["rows"]
    assert (row["matter"], row["before"], row["after"]) == ("C-1", "张**", "张**") and row["operator"] == "entry-220822"
    assert list(first.data["signatures"]) == ["information"]
    assert change_log_print(actor=actor, region=region, month=MONTH) == first
    checked(month)
    second = change_log_print(actor=actor, region=region, month=MONTH)
    assert second != first and second.data["signatures"]["business"]["said"] == "核对无误"
    assert documents.contents(actor, second).startswith(b"%PDF")


def test_who_does_not_keep_the_system_prints_no_log(month: Bureau) -> None:
    before = Document.objects.count()
    # Who issues documents to people signs no log; who keeps another county's system none of this one's.
    for actor in (month.at("audit"), month.at("entry"), month.at("information", "220802")):
        with pytest.raises(BusinessError, match="没有在"):
            change_log_print(actor=actor, region=month.regions[HERE], month=MONTH)
    assert Document.objects.count() == before


@pytest.mark.req("S2-47")
def test_a_checked_month_is_filed_once_with_the_requests_that_were_carried_out(month: Bureau) -> None:
    assert months_file() == []
    checked(month, agrees=False)
    assert months_file() == [] and not Volume.objects.exists()
    checked(month)
    job = Job.objects.create(operator=SYSTEM, name="affairs.months.file", label="x")
    run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE
    volume = Volume.objects.get()
    assert (volume.kind, volume.period, volume.state, volume.closed_by) == (MONTH_END, MONTH, "closed", SYSTEM)
    names = [one.document.name for one in volume.entries.order_by("position") if one.document]
    assert names == ["filing.change_request", "filing.change_log"]
    assert months_file() == []

"""A process that dies in the middle of an effect leaves nothing of it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.core.casework.conftest import Office, submitted
from tests.core.toys.models import Shop

from renshe.core.casework.deciding import case_decide
from renshe.core.casework.models import Decision, State
from renshe.core.database.roles import Logins
from renshe.core.journal.models import Entry

ROOT = Path(__file__).parents[3]
DYING = """
import os, signal, sys
from dataclasses import replace
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.core.settings"
import django
django.setup()
from renshe.core.database.connect import tell
from renshe.core.database.roles import Logins
owner, application, number, seen = sys.argv[1:]
tell(Logins(owner, application))
from tests.core.casework import conftest
from tests.core.toys.models import Shop
from renshe.core.casework import types
from renshe.core.casework.deciding import case_decide
from renshe.core.org.actor import actor_of

def die(case, values):
    Shop.objects.create(code="half", name="x")
    os.kill(os.getpid(), signal.SIGKILL)

types._KNOWN["shop.open", 1] = replace(types._KNOWN["shop.open", 1], effect=die)
case_decide(actor=actor_of("check-220822"), number=number, verdict="agree", seen=seen)
"""


def test_a_process_that_dies_in_an_effect_leaves_nothing_and_the_case_is_decided_later(
    office_committed: Office, logins: Logins
) -> None:
    case = submitted(office_committed)
    entries = Entry.objects.count()
    told = [logins.owner, logins.application, case.number, case.digest]
    died = subprocess.run([sys.executable, "-c", DYING, *told], cwd=ROOT, check=False, capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    case.refresh_from_db()
    assert case.state == State.OPEN and Decision.objects.count() == 1
    assert not Shop.objects.exists() and Entry.objects.count() == entries
    done = case_decide(actor=office_committed.checker, number=case.number, verdict="agree", seen=case.digest)
    assert done.state == State.DONE and Shop.objects.count() == 1

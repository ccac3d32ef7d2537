"""Run by the benchmark in a process of its own: the sample bureau, and ``count`` more people who are signed in.

.venv/bin/python -m benchmarks.casework.bureau fill 200     # prints number, group and token of each
.venv/bin/python -m benchmarks.casework.bureau look         # prints what the database holds afterwards
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from typing import Any

from renshe import __version__
from renshe.core.database.connect import set_up
from renshe.core.database.roles import DATABASE

LOAD = "load"
SHARES = ("entry", "check", "approve", "check", "entry")


def fill(count: int) -> list[dict[str, str]]:
    """Make the bureau and its people; return number, group and token of each."""
    from django.db import connections
    from django.utils import timezone

    from renshe.core.affairs.sample import cases_sample
    from renshe.core.journal.context import Context, declared
    from renshe.core.journal.installing import migrate
    from renshe.core.org.credentials import SESSION, token_draw
    from renshe.core.org.models import Agency, Holding, Operator, Post, Session
    from renshe.core.org.sample import sample_install
    from renshe.modules.registry.sample import registry_sample

    migrate(f"{DATABASE}_app", __version__)
    sample_install()
    cases_sample()
    registry_sample()
    today, now, people = timezone.localdate(), timezone.now(), []
    last = today + dt.timedelta(days=9)
    agency = Agency.objects.get(region__level=2)
    with declared(Context(operator="setup", reason="压力测试")):
        for at in range(count):
            group = SHARES[at % len(SHARES)]
            operator = Operator.objects.create(
                number=f"{LOAD}{at:03d}",
                name="测试",
                agency=agency,
                valid_from=today,
                valid_until=last,
            )
            post = Post.objects.get(group=group, code__startswith="demo-")
            Holding.objects.create(operator=operator, post=post, valid_from=today)
            token, kept = token_draw(SESSION)
            Session.objects.create(digest=kept, operator=operator, address="127.0.0.1", started_at=now, seen_at=now)
            people.append({"number": operator.number, "group": group, "token": token})
    connections.close_all()
    return people


def look() -> dict[str, Any]:
    """Return every decision, the cases that are done, what their effects left, and whether the journal is whole."""
    import psycopg

    from renshe.core.affairs.models import Leak
    from renshe.core.casework.models import Case, Decision
    from renshe.core.journal.models import Entry
    from renshe.core.journal.sealing import seal
    from renshe.core.journal.verifying import verify

    logins = set_up(begin=True)
    with psycopg.connect(logins.application, autocommit=True) as connection:
        seal(connection, whole_only=False)
    with psycopg.connect(logins.application) as connection:
        found = verify(connection)
    made = Decision.objects.filter(operator__startswith=LOAD)
    decisions = made.values_list("case__number", "round", "operator", "verdict")
    recorded = Entry.objects.filter(table_name="casework_decision", operation="I", operator__startswith=LOAD).count()
    leaks = Case.objects.filter(type="affairs.leak", maker__startswith=LOAD)
    people = Case.objects.filter(type="registry.person_register", maker__startswith=LOAD, state="done")
    return {
        "registered": people.filter(person__isnull=False).count(),
        "decisions": sorted(map(list, decisions)),
        "recorded": recorded,
        "cases": Case.objects.count(),
        "done": sorted(leaks.filter(state="done").values_list("number", flat=True)),
        "effects": sorted(Leak.objects.filter(case_no__in=leaks.values("number")).values_list("case_no", flat=True)),
        "whole": found.whole,
        "entries": found.entries,
        "unsealed": found.unsealed,
    }


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renshe.web.settings")
    set_up(begin=True)
    told = fill(int(sys.argv[2])) if sys.argv[1] == "fill" else look()
    print(json.dumps(told))

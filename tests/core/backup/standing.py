"""A bureau that stands: cases, a journal of which a part is sealed, papers, keys. Run as a program it is set up in
``RENSHE_HOME`` (``furnish``), or told what it holds (``tell``) or which backups it entered (``register``), as JSON."""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path

import psycopg

PAPERS = (b"one", b"two" * 1000)
REGISTER = ("registers_backup", "registers_backupproof")
"""What whoever makes or brings back an archive writes, when the archive is there."""


def furnish(home: Path, application: str) -> None:
    """Let a bureau stand: three cases (one decided), two papers, a sealed journal that goes on behind the seal."""
    from tests.core.casework.conftest import furnish as office_make
    from tests.core.casework.conftest import submitted
    from tests.core.org.bureau import SETUP
    from tests.core.toys.models import Shop

    from renshe.core.casework.deciding import case_decide
    from renshe.core.journal.context import declared
    from renshe.core.journal.sealing import seal

    office = office_make()
    cases = [submitted(office, form={"code": f"s{number}", "name": "永丰粮店"}) for number in range(3)]
    case_decide(actor=office.checker, number=cases[0].number, verdict="agree", seen=cases[0].digest)
    for content in PAPERS:
        digest = sha256(content).hexdigest()
        paper = home / "papers" / digest[:2] / digest[2:]
        paper.parent.mkdir(parents=True, exist_ok=True)
        paper.write_bytes(content)
    with psycopg.connect(application, autocommit=True) as own:
        assert seal(own, whole_only=False)
    with declared(SETUP):
        Shop.objects.create(code="later", name="迟到的粮店")


def told(login: str) -> dict[str, object]:
    """Return what the bureau holds: digests of all rows by table, and whether the journal is whole."""
    from renshe.core.journal.verifying import verify

    with psycopg.connect(login) as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
        ).fetchall()
        found: dict[str, object] = {}
        for (table,) in rows:
            if table in REGISTER:
                continue
            which = " WHERE table_name <> ALL (%s)" if table == "journal_entry" else ""
            told = [list(REGISTER)] if which else None
            lines = connection.execute(f"SELECT t::text FROM {table} t{which} ORDER BY 1", told).fetchall()
            found[table] = [len(lines), sha256(repr(lines).encode()).hexdigest()]
        asked = "SELECT count(*) FROM journal_entry WHERE table_name = ANY (%s)"
        [(later,)] = connection.execute(asked, [list(REGISTER)]).fetchall()
        connection.rollback()
        verdict = verify(connection)
    return found | {"whole": verdict.whole, "entries": verdict.entries, "unsealed": verdict.unsealed - later}


if __name__ == "__main__":
    from renshe.core.database.connect import set_up
    from renshe.core.database.home import home

    logins = set_up(begin=True)
    if sys.argv[1] == "furnish":
        from renshe.core.journal.installing import migrate

        migrate("renshe_app", "test")
        furnish(home(), logins.application)
    elif sys.argv[1] == "register":
        from renshe.core.registers.models import Backup

        rows = Backup.objects.order_by("pk")
        print(json.dumps([[one.sha256, [proof.good for proof in one.proofs.order_by("pk")]] for one in rows]))
    else:
        print(json.dumps(told(logins.owner)))

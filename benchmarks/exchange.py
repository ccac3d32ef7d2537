"""Half a million people out to a partner and answered, while counters work.

Bars: preparing the batch costs at most 15 s and 1 GB; the counters' p95 rises by at most 30 % while all of it goes on:
prepared, let go, sealed and sent, taken by the partner, answered record by record, and the answers taken in.

Counters hand in and decide cases through the API, three of them without a pause, by themselves and beside the exchange.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.casework.client import START, Client
from benchmarks.casework.serving import Served, served
from benchmarks.measure import measure, write_result

PEOPLE = 500_000
_ALONE = 60.0
_REGION, _NUMBER = "220822", "BENCH-1"
_TERMS = """
content: person
direction: out
fields:
  - {field: person_no, as: 个人编号, required: true}
  - {field: id_number, as: 证件号码, required: true}
  - {field: name, as: 姓名, required: true}
  - {field: sex, as: 性别, codes: {'1': 男, '2': 女}}
  - {field: birth_date, as: 出生日期}
  - {field: phone, as: 电话}
key: [个人编号]
answers_within: 5
"""


def main() -> None:
    """Fill a served bureau, measure, write the result."""
    with served(3, 1) as bureau:
        _run(bureau, "fill")
        prepared = measure(_command(bureau, "prepare"))
        alone = _counters(bureau, lambda: time.sleep(_ALONE))
        told: dict[str, Any] = {}
        beside = _counters(bureau, lambda: told.update(_run(bureau, "exchange")))
        found = bureau.look()
    assert found["whole"] and told["answered"] >= PEOPLE, told
    write_result(
        "exchange", people=PEOPLE, prepare_seconds=prepared.wall_seconds, prepare_cpu=prepared.cpu_seconds,
        prepare_mb=prepared.peak_mb, exchange_seconds=told["seconds"], package_mb=told["package_mb"],
        alone_p95_ms=_p95(alone), beside_p95_ms=_p95(beside), requests=[len(alone), len(beside)],
        rise_percent=round((_p95(beside) / _p95(alone) - 1) * 100),
    )  # fmt: skip


def _command(bureau: Served, what: str) -> list[str]:
    return ["env", f"RENSHE_HOME={bureau.home}", sys.executable, "-m", "benchmarks.exchange", what, str(bureau.home)]


def _run(bureau: Served, what: str) -> dict[str, Any]:
    told = subprocess.run(_command(bureau, what), capture_output=True, text=True, check=False)
    if told.returncode:
        raise RuntimeError(told.stderr)
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return found


def _counters(bureau: Served, meanwhile: Any) -> list[float]:
    """Return the milliseconds of each request that counters make while ``meanwhile`` runs."""
    stop, took = threading.Event(), []
    people = {one["group"]: one for one in bureau.people}

    def work() -> None:
        clients = {group: Client(bureau.port, one["token"], one["number"]) for group, one in people.items()}
        while not stop.is_set():
            case: Any = None
            for group in ("entry", "check", "approve"):
                began = time.perf_counter()
                if group == "entry":
                    status, case = clients[group].post("/cases", START, key=f"{threading.get_ident()}-{began}")
                else:
                    body = {"verdict": "agree", "seen": case["digest"]}
                    key = f"{threading.get_ident()}-{began}"
                    status, _ = clients[group].post(f"/cases/{case['number']}/decisions", body, key=key)
                assert status in (200, 201), case
                took.append((time.perf_counter() - began) * 1000)
            time.sleep(1)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    try:
        meanwhile()
    finally:
        stop.set()
        for one in threads:
            one.join()
    return took


def _p95(times: list[float]) -> float:
    return round(sorted(times)[int(len(times) * 0.95)], 1)


# In a process of its own, at the home of the bureau.


def fill(home: Path) -> dict[str, Any]:
    """Put the people in, the partner, what was agreed on, and the partner's own folder."""
    from django.utils import timezone

    from benchmarks.registry_list import load
    from renshe.core.exchange.cards import card_for
    from renshe.core.exchange.keys import own_key_draw
    from renshe.core.exchange.models import Agreement, Key, Partner
    from renshe.core.exchange.operating import PREPARE, RELEASE
    from renshe.core.exchange.packages.suites import fingerprint
    from renshe.core.journal.context import Context, declared
    from renshe.core.org.models import Grant, Post, Region
    from renshe.core.org.setting_up import grant_install
    from renshe.peer.folder import begun, own_card

    load(random.Random(7), [_REGION], PEOPLE, 500_000_000)
    region, now = Region.objects.get(pk=_REGION), timezone.now()
    folder = begun(home / "peer", "province", "省厅")
    (home / "between").mkdir()
    with declared(Context(operator="setup", reason="测量")):
        known = {"region": region, "case_no": "JH-1", "valid_from": now.date()}
        own = Partner.objects.create(code="county", name="县", sort="bureau", own=True, **known)
        other = Partner.objects.create(
            code="province", name="省厅", sort="province", addresses={"directory": str(home / "between")}, **known
        )
        for purpose in ("sign", "seal"):
            own_key_draw(own, now, suite="sm", purpose=purpose, case_no="JY-1")
        for suite, purpose, public in own_card(folder):
            key = bytes.fromhex(public)
            Key.objects.create(
                partner=other, suite=suite, purpose=purpose, public=key, fingerprint=fingerprint(key), valid_from=now,
                case_no="JY-1",
            )  # fmt: skip
        Agreement.objects.create(
            number=_NUMBER, version=1, own=own, partner=other, title="参保人员", ground="法", owner="pension",
            text=_TERMS, case_no="XY-1", valid_from=now.date(),
        )  # fmt: skip
        for group, operation in (("entry", PREPARE), ("information", RELEASE)):
            for post in Post.objects.filter(group=group, code__startswith="demo-"):
                if not Grant.objects.filter(post=post, operation=operation).exists():
                    grant_install(
                        post=post,
                        operation_name=operation,
                        region=region,
                        valid_until=now.date() + dt.timedelta(days=9),
                    )
    folder.meet(card_for("province"))
    return {}


def prepare(home: Path) -> dict[str, Any]:
    """Prepare the batch, and nothing else."""
    from renshe.core.exchange.preparing import batch_prepare

    return {"batch": batch_prepare(actor=_at("entry"), agreement=_NUMBER).number}


def exchange(home: Path) -> dict[str, Any]:
    """Prepare a batch, let it go, send it, let the partner take and answer it, take the answers in."""
    from renshe.core.exchange.dispatching import fetch, send_due
    from renshe.core.exchange.models import Record
    from renshe.core.exchange.preparing import batch_prepare, batch_release
    from renshe.core.exchange.ways.directory import Directory
    from renshe.peer.folder import Folder
    from renshe.peer.side import Side

    began = time.perf_counter()
    batch = batch_prepare(actor=_at("entry"), agreement=_NUMBER)
    batch = batch_release(actor=_at("information"), number=batch.number, seen=batch.content)
    side = Side(Folder(home / "peer"), again=0)
    way = Directory(home / "between", "province", "county")
    send_due()
    size = max(one.stat().st_size for one in (home / "between" / "province").glob("*.rsp"))
    side.turn(way)
    fetch()
    seconds = round(time.perf_counter() - began, 1)
    answered = Record.objects.filter(batch=batch, fate="applied").count()
    return {"seconds": seconds, "answered": answered, "package_mb": round(size / 2**20, 1)}


def _at(group: str) -> Any:
    from renshe.core.org.actor import actor_of
    from renshe.core.org.models import Holding

    held = Holding.objects.filter(post__group=group, post__code__startswith="demo-", operator__agency__region=_REGION)
    return actor_of(held.order_by("pk")[0].operator.number)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renshe.web.settings")
        from renshe.core.database.connect import set_up

        set_up(begin=True)
        print(json.dumps(globals()[sys.argv[1]](Path(sys.argv[2]))))

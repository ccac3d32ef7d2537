"""Exchange in the demo's bureau: two partners that answer, a query with differences, a batch that waits.

Rule: partners, keys and agreements come through their cases, batches through the services; the partners are peers with
folders of their own, which ``renshe peer run`` brings to life. What they hold is invented.

Invariant: put in once, and only into the sample bureau.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from renshe.core.casework.deciding import case_decide
from renshe.core.casework.services import case_start
from renshe.core.exchange.cards import card_for
from renshe.core.exchange.dispatching import fetch, send_due
from renshe.core.exchange.models import Batch, Partner
from renshe.core.exchange.offering import held
from renshe.core.exchange.packages.content import content_read
from renshe.core.exchange.packages.terms import terms_read
from renshe.core.exchange.preparing import batch_prepare, batch_release
from renshe.core.exchange.ways.directory import Directory
from renshe.core.filing import store
from renshe.core.org.actor import Actor, actor_of
from renshe.core.org.sample import require_no_other
from renshe.peer.folder import Folder, begun, own_card
from renshe.peer.side import Side

REGION, OWN = "220822", "rs-220822"
PARTNERS = (("province", "吉原省人力资源和社会保障厅", "province"), ("police-220822", "河西县公安局", "police"))
_GROUND = "政务数据共享条例"
_LIST = """
content: person
direction: out
fields:
  - {field: person_no, as: 个人编号, required: true}
  - {field: name, as: 姓名, required: true}
  - {field: id_number, as: 证件号码, required: true}
  - {field: sex, as: 性别, codes: {'1': 男, '2': 女}}
  - {field: birth_date, as: 出生日期}
key: [个人编号]
media: xlsx
layout: {sheet: 名单, title: 参保人员名单, header_row: 3, numbered: 序号, widths: {证件号码: 22}}
every: month
day: 25
answers_within: 5
"""
_QUERY = """
content: person
direction: out
fields:
  - {field: id_number, as: 公民身份号码, required: true}
returns:
  - {field: name, as: 姓名}
  - {field: sex, as: 性别, codes: {'1': 男, '2': 女}}
  - {field: birth_date, as: 出生日期}
key: [公民身份号码]
answers_within: 3
"""


def exchange_sample(home: Path) -> list[str]:
    """Put partners, agreements and batches in, or find them there; return what there is to know of them."""
    require_no_other()
    between, peers = home / "exchange", home / "peers"
    if held("person") and not Partner.objects.exists():
        between.mkdir(exist_ok=True)
        _done("exchange.partner", {"code": OWN, "name": "河西县人力资源和社会保障局", "sort": "bureau", "own": True})
        for purpose in ("sign", "seal"):
            _done("exchange.key", {"code": OWN, "suite": "sm", "purpose": purpose})
        for code, name, sort in PARTNERS:
            _met(code, name, sort, between, peers)
        _agreed("XY-2026-01", PARTNERS[0][0], "参保人员名单月报", _LIST)
        _agreed("XY-2026-02", PARTNERS[1][0], "人口信息核对", _QUERY)
        for code, _, _ in PARTNERS:
            Folder(peers / code).meet(card_for(code))
        _asked(between, peers)
        batch_prepare(actor=_at("jb"), agreement="XY-2026-01")
    return [f"{code} {name}" for code, name, _ in PARTNERS] if Partner.objects.exists() else []


def _met(code: str, name: str, sort: str, between: Path, peers: Path) -> None:
    """Register a partner that is a peer, with its keys."""
    peer = begun(peers / code, code, name)
    _done("exchange.partner", {"code": code, "name": name, "sort": sort, "directory_address": str(between)})
    for suite, purpose, public in own_card(peer):
        if suite == "sm":
            _done("exchange.key", {"code": code, "suite": suite, "purpose": purpose, "public": public})


def _agreed(number: str, code: str, title: str, text: str) -> None:
    form = {"number": number, "own": OWN, "code": code, "title": title, "owner": "handling", "text": text}
    _done("exchange.agreement", form)


def _asked(between: Path, peers: Path) -> None:
    """Ask the police of everybody; of two it holds something else than we, and of one nothing."""
    number, code = "XY-2026-02", PARTNERS[1][0]
    batch = batch_prepare(actor=_at("jb"), agreement=number, purpose="领取待遇资格核对")
    terms = terms_read(batch.agreement.text)
    keys = content_read(store.read(batch.content), terms.media, terms.headers).column(0).to_pylist()
    _hold(peers / code / "held.csv", keys, batch)
    batch_release(actor=_at("xx"), number=batch.number, seen=batch.content)
    side = Side(Folder(peers / code), again=0)
    for _ in range(2):
        send_due()
        side.turn(Directory(between, code, OWN))
        fetch()
    side.books.close()


def _hold(path: Path, keys: list[str], batch: Batch) -> None:
    """Write down what the police hold of those asked about: what we do, but for two, and nothing of the last."""
    from renshe.core.exchange.offering import SUBJECT, offered

    terms = terms_read(batch.agreement.text).returned
    ours = offered(terms)(batch.agreement, terms, None).to_pylist()
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["公民身份号码", "姓名", "性别", "出生日期"])
        for at, (key, row) in enumerate(list(zip(keys, ours, strict=True))[:-1]):
            assert row[SUBJECT]
            name = str(row["name"])
            told = f"{name[:-1]}珺" if at == 3 else name
            born = f"{str(row['birth_date'])[:-2]}28" if at == 7 else row["birth_date"]
            lines.writerow([key, told, {"1": "男", "2": "女"}[str(row["sex"])], born])


def _done(type: str, form: Mapping[str, Any]) -> None:
    """Bring a case to its end, as its posts do."""
    told = {"ground": _GROUND, **form}
    case = case_start(actor=_at("jb"), type=type, region=REGION, form=told, submit=True)
    for mark in ("fh", "sp"):
        case_decide(actor=_at(mark), number=case.number, verdict="agree", opinion="", seen=case.digest)


def _at(mark: str) -> Actor:
    return actor_of(f"{mark}{REGION}", terminal="示范")

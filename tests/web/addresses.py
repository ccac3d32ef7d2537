"""Every address of the site, found in its own table of addresses, and what each is asked with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver
from tests.core.casework.conftest import FORM, HERE
from tests.core.county import LAST_MONTH
from tests.core.filing.conftest import a_pdf
from tests.core.org.bureau import NEXT_YEAR, TODAY
from tests.modules.registry.world import ENTERED

from renshe.core.pages.books import books

OPEN = {"sign_in", "demo", "healthz", "metrics", "portal_sign_in", "portal_first", "portal_demo"}
"""What is answered to who is not in."""

PORTAL = "portal/"
"""How addresses begin that are for people and units, and for nobody of the house."""

ONES_OWN = {"home", "sign_out", "start", "me", "password", "months"}
"""What shows, or changes, nothing but one's own."""

_NOT_PAGES = ("api/", "exchange/v1/")
"""What programs ask: walked by tests/channels/api and tests/channels/partners."""


def addresses() -> Iterator[tuple[str, str]]:
    """Yield name and route of each page; a ledger's by the ledger's name."""
    for name, route in _found(get_resolver().url_patterns, ""):
        if name in ("book", "book_do", "book_row", "book_row_do"):
            yield from _of_ledgers(name, route)
        else:
            yield name, route


def _found(patterns: list[Any], before: str) -> Iterator[tuple[str, str]]:
    for one in patterns:
        route = f"{before}{one.pattern}"
        if isinstance(one, URLResolver) and not route.startswith(_NOT_PAGES):
            yield from _found(one.url_patterns, route)
        elif isinstance(one, URLPattern) and not route.startswith(_NOT_PAGES):
            assert one.name or route in ("healthz", "metrics"), f"{route} has no name"
            yield one.name or route, route


def _of_ledgers(name: str, route: str) -> Iterator[tuple[str, str]]:
    for one in books():
        at = route.replace("<slug:name>", one.name)
        if name in ("book", "book_row"):
            yield f"{name} {one.name}", at
        for deed in one.deeds if name in ("book_do", "book_row_do") else ():
            if deed.rowed == (name == "book_row_do"):
                yield f"{name} {one.name} {deed.name}", at.replace("<slug:deed>", deed.name)


def asked(things: dict[str, Any], name: str, route: str) -> tuple[str, dict[str, Any] | None]:
    """Return path and, of what is sent, the fields; KeyError where nobody has said what to ask with."""
    parts, data = (
        {**_plain(things), **_rows(things)}.get(name, ({}, None)) if name not in _SENT else _SENT[name](things)
    )
    path = "/" + route
    for part, value in parts.items():
        for kind in ("str", "slug", "int"):
            path = path.replace(f"<{kind}:{part}>", str(value))
    assert "<" not in path, f"say in tests/web/addresses.py what {name!r} is asked with"
    return path, data


def _plain(things: dict[str, Any]) -> dict[str, Any]:
    number, draft, paused = {"number": things["number"]}, {"number": things["draft"].number}, things["paused"].number
    seen = {"seen": things["seen"]}
    month = {"month": LAST_MONTH, "region": HERE}
    return {
        "inbox": ({"box": "waiting"}, None),
        "decide_many": ({"box": "waiting"}, {"verdict": "agree", "case": f"{number['number']}:{things['seen']}"}),
        "blank": ({"type": "shop.open"}, None),
        "begin": ({"type": "shop.open"}, {**FORM, "code": "s9", "region": HERE, "then": "submit"}),
        "case": (number, None),
        "trace": (number, None),
        "edit": (draft, None),
        "fill": (draft, {**FORM, "then": "keep"}),
        "submit": (draft, {"seen": things["draft"].digest}),
        "decide": (number, {"verdict": "agree", **seen}),
        "withdraw": (number, {"reason": "重复"}),
        "take": ({"number": things["proposed"].number}, {}),
        "assign": (number, {"operator": "check-220822", "reason": "忙"}),
        "pause": (number, {"reason": "待查"}),
        "resume": ({"number": paused}, {"reason": "已查"}),
        "extend": (number, {"workdays": "1", "reason": "复杂"}),
        "reveal": (number, {"items": "name", "reason": "核对"}),
        "paper_add": (draft, {"kind": "lease", "file": SimpleUploadedFile("b.pdf", a_pdf(2), "application/pdf")}),
        "paper_remove": ({**draft, "paper": things["paper"].pk}, {"reason": "换"}),
        "issue": (number, {"document": "filing.receipt"}),
        "paper": ({"paper": things["paper"].pk}, None),
        "document": ({"number": things["document"].number}, None),
        "find": ({}, number),
        "cases": ({}, None),
        "search": ({}, {}),
        "export": ({}, {"reason": "年度统计"}),
        "journal": ({}, None),
        "journal_search": ({}, {"case": things["number"]}),
        "journal_reveal": ({"entry": things["deleted"]}, {"fields": "code", "reason": "核实"}),
        "month": (month, None),
        "month_check": (month, {"seen": things["month_seen"], "agrees": "1"}),
        "month_print": (month, {}),
        "people": ({}, None),
        "people_search": ({}, {"region": HERE}),
        "possible": ({}, {name: str(value) for name, value in ENTERED.items()}),
        "person": ({"person_no": things["person_no"]}, None),
        "person_reveal": ({"person_no": things["person_no"]}, {"items": "name", "reason": "核对"}),
        "units": ({}, None),
        "unit_search": ({}, {"region": HERE}),
        "unit": ({"unit_no": things["unit_no"]}, None),
        "modifications": ({}, None),
        "designate": (
            {"number": things["waiting_request"].number},
            {"operator": "entry-220800", "seen": things["waiting_request"].digest},
        ),
        "unseal": ({"number": things["approved_request"]}, {"days": "1"}),
        "modification_enter": ({"number": things["unsealed_request"]}, {"ethnicity": "02"}),
        "abandon": ({"number": things["approved_request"]}, {"reason": "申请人撤回"}),
        **_portal(things),
        "merging_hint": ({}, {"old_no": things["old"], "person_no": things["kept"]}),
        "merging": ({"number": things["merger"]}, None),
        "merging_reveal": ({"number": things["merger"]}, {"reason": "核对"}),
        "arrivals": ({}, None),
        "arrive": ({}, {"file": SimpleUploadedFile("a.rsp", things["brought"])}),
        "receipt": ({"line": things["passage"]}, None),
        "sign_out": ({}, {}),
        "password": ({}, {"old": "x", "new": "y", "again": "y"}),
        "sign_in": ({}, None),
        "demo": ({}, None),
    }


def _portal(things: dict[str, Any]) -> dict[str, Any]:
    draft, done = {"number": things["application"].number}, {"number": things["application_done"]}
    paper = {**draft, "paper": things["application_paper"]}
    key = {"id_number": "220822198001030011", "ground": "更正"}
    change = {"number": "K77", "event": "issue"}
    return {
        "supplement": (
            {"number": things["application_taken"]},
            {"told": "请补充营业执照", "due_on": str(TODAY + dt.timedelta(days=10))},
        ),
        "portal_open_person": ({"person_no": things["old"]}, {"phone": "13843600021", "ground": "身份证"}),
        "portal_open_unit": (
            {"unit_no": things["unit_no"]},
            {"phone": "13843600022", "ground": "授权委托书", "name": "郑海"},
        ),
        "portal_home": ({}, None),
        "portal_sign_in": ({}, None),
        "portal_first": ({}, None),
        "portal_demo": ({}, None),
        "portal_sign_out": ({}, {}),
        "portal_me": ({}, None),
        "portal_password": ({}, {"old": "x", "new": "y", "again": "y"}),
        "portal_data": ({}, None),
        "portal_data_whole": ({}, {}),
        "portal_blank": ({"type": "registry.card"}, None),
        "portal_begin": ({"type": "registry.card"}, {**change, "then": "keep"}),
        "portal_case": (draft, None),
        "portal_edit": (draft, None),
        "portal_fill": (draft, {**key, "then": "keep"}),
        "portal_submit": (draft, {"seen": things["application"].digest}),
        "portal_withdraw": (draft, {}),
        "portal_attach": (
            draft,
            {"kind": "evidence", "file": SimpleUploadedFile("b.pdf", a_pdf(8), "application/pdf")},
        ),
        "portal_paper": (paper, None),
        "portal_detach": (paper, {}),
        "portal_issue": (done, {"document": "filing.receipt"}),
        "portal_document": ({**done, "document": things["application_result"]}, None),
    }


def _rows(things: dict[str, Any]) -> dict[str, Any]:
    """Return with which row of each ledger its page is asked."""
    rows = {
        "running-logs": things["running_log"],
        "faults": things["fault"].pk,
        "database-checks": things["database_check"],
        "duties": things["duty"].pk,
        "backups": things["backup"].pk,
        "plans": things["plan"].pk,
        "bulk": things["bulk"],
        "volumes": things["volume_key"],
        "jobs": things["job"],
        "agencies": things["agency"].pk,
        "operators": things["operator"].pk,
        "holdings": things["holding"].pk,
        "grant-requests": things["fresh"].pk,
        "grants": things["grant"].pk,
        "cross-regions": things["permission"].pk,
        "terminals": things["terminal"].pk,
        "networks": things["network"],
        "cut-offs": things["cut"].pk,
        "portal-accounts": things["account"],
        "clean-ups": things["clean_up_key"],
        "candidates": things["candidate"],
        "delegations": things["delegation"].pk,
        "differences": things["difference"],
        "tokens": things["token"].pk,
        "exchange-batches": things["batch"].pk,
        "exchange-agreements": things["agreement_key"],
        "exchange-partners": things["partner_key"],
        "exchange-keys": things["key"].pk,
        "exchange-log": things["passage"],
        "exchange-differences": things["other_held"],
        "exchange-asked": things["asked_of_us"],
        "exchange-missed": things["missed"],
        "unit-filings": things["filing"],
        "units-missing-code": things["unit_no"],
        "units-provisional": things["unit_no"],
    }
    return {f"book_row {name}": ({"key": key}, None) for name, key in rows.items()}


_NO_DAY = {"day": str(TODAY), "result": "正常", "good": "1"}
_SENT: dict[str, Any] = {
    "book_do running-logs enter": lambda t: (
        {},
        {"day": str(TODAY), "ports": "正常", "servers": "正常", "communications": "正常", "faults": "无"},
    ),
    "book_do faults report": lambda t: ({}, {"what": "断网"}),
    "book_row_do faults resolve": lambda t: ({"key": t["fault"].pk}, {"resolution": "已排除"}),
    "book_do database-checks enter": lambda t: ({}, _NO_DAY),
    "book_do duties name": lambda t: ({}, {"kind": "network", "operator": "spare", "every_days": "1"}),
    "book_row_do duties end": lambda t: ({"key": t["duty"].pk}, {"last_day": str(TODAY)}),
    "book_do plans register": lambda t: (
        {},
        {"name": "断电", "owner": "spare", "trigger": "断电", "steps": "报告", "period_days": "30"},
    ),
    "book_row_do plans drill": lambda t: (
        {"key": t["plan"].pk},
        {**_NO_DAY, "machine": "备机", "stated_minutes": "60", "took_minutes": "30", "report": "完成"},
    ),
    "book_row_do plans end": lambda t: ({"key": t["plan"].pk}, {"reason": "换新"}),
    "book_do volumes open": lambda t: (
        {},
        {"region": HERE, "kind": "x", "title": "x", "period": "2026-12", "place": "三楼"},
    ),
    "book_row_do volumes add": lambda t: ({"key": t["volume_key"]}, {"document": t["document"].number}),
    "book_row_do volumes close": lambda t: ({"key": t["volume_key"]}, {}),
    "book_row_do volumes move": lambda t: ({"key": t["volume_key"]}, {"place": "四楼"}),
    "book_row_do volumes verify": lambda t: ({"key": t["closed_key"]}, {}),
    "book_row_do jobs cancel": lambda t: ({"key": t["job"]}, {}),
    "book_row_do jobs retry": lambda t: ({"key": t["failed"]}, {}),
    "book_do agencies add": lambda t: ({}, {"number": "ag-new", "name": "新所", "kind": "station", "region": HERE}),
    "book_do operators register": lambda t: ({}, {"number": "zhang01", "name": "张晓", "agency": "ag-220822"}),
    "book_row_do operators password": lambda t: ({"key": t["operator"].pk}, {}),
    "book_row_do operators telephone": lambda t: ({"key": t["operator"].pk}, {}),
    "book_row_do operators post": lambda t: ({"key": t["fresh_hand"].pk}, {"post": t["entry_post"].code}),
    "book_row_do operators end": lambda t: ({"key": t["fresh_hand"].pk}, {"reason": "调出"}),
    "book_row_do holdings end": lambda t: ({"key": t["holding"].pk}, {"last_day": str(TODAY), "reason": "调岗"}),
    "book_do grant-requests apply": lambda t: (
        {},
        {
            "post": t["entry_post"].code,
            "operation": "shop.open.enter",
            "region": HERE,
            "valid_until": str(NEXT_YEAR),
            "purpose": "办理业务",
        },
    ),
    "book_row_do grant-requests review": lambda t: ({"key": t["fresh"].pk}, {}),
    "book_row_do grant-requests approve": lambda t: ({"key": t["reviewed"].pk}, {}),
    "book_row_do grant-requests open": lambda t: ({"key": t["approved"].pk}, {}),
    "book_row_do grant-requests refuse": lambda t: ({"key": t["fresh"].pk}, {"reason": "不需要"}),
    "book_row_do grants end": lambda t: ({"key": t["grant"].pk}, {"last_day": str(TODAY), "reason": "收回"}),
    "book_do cross-regions permit": lambda t: (
        {},
        {
            "agency": "ag-220802",
            "region": HERE,
            "operation": "shop.open.enter",
            "ground": "协议",
            "valid_until": str(NEXT_YEAR),
        },
    ),
    "book_row_do cross-regions end": lambda t: (
        {"key": t["permission"].pk},
        {"last_day": str(TODAY), "reason": "协议终止"},
    ),
    "book_do terminals register": lambda t: ({}, {"number": "w-9", "name": "窗口", "agency": "ag-220822"}),
    "book_row_do terminals stop": lambda t: ({"key": t["terminal"].pk}, {"reason": "报废"}),
    "book_do networks register": lambda t: ({}, {"cidr": "10.9.0.0/16", "name": "内网", "region": HERE}),
    "book_row_do networks stop": lambda t: ({"key": t["network"]}, {"reason": "停用"}),
    "book_do cut-offs cut": lambda t: (
        {},
        {"operator": "spare", "leader": "approve-220822", "reason": "病毒"},
    ),
    "book_row_do portal-accounts code": lambda t: ({"key": t["account"]}, {"ground": "身份证"}),
    "book_row_do portal-accounts close": lambda t: ({"key": t["account"]}, {"reason": "离职"}),
    "book_do clean-ups look": lambda t: ({}, {"year": str(TODAY.year), "half": "2" if TODAY.month > 6 else "1"}),
    "book_row_do candidates delete": lambda t: ({"key": t["candidate"]}, {"approval": t["clean_up"]}),
    "book_do delegations give": lambda t: (
        {},
        {
            "absent": t["absent"],
            "deputy": t["deputy"],
            "region": HERE,
            "valid_until": str(NEXT_YEAR),
            "ground": "休假",
        },
    ),
    "book_row_do delegations end": lambda t: ({"key": t["delegation"].pk}, {}),
    "book_do differences set": lambda t: (
        {},
        {"type": "shop.open", "region": HERE, "paper": "licence2", "label": "许可", "ground": "县规定"},
    ),
    "book_do tokens issue": lambda t: (
        {},
        {"partner": "税务局", "region": HERE, "scopes": "case.query", "valid_until": str(NEXT_YEAR)},
    ),
    "book_row_do tokens revoke": lambda t: ({"key": t["token"].pk}, {"reason": "停止合作"}),
    "book_do exchange-batches corrections": lambda t: ({}, {"agreement": t["doubting"]}),
    "book_row_do exchange-differences change": lambda t: ({"key": t["other_held"]}, {}),
    "book_row_do exchange-differences doubt": lambda t: ({"key": t["other_held"]}, {"reason": "以档案为准"}),
    "book_row_do exchange-differences settle": lambda t: ({"key": t["other_held"]}, {"reason": "写法不同"}),
    "book_row_do exchange-asked answer": lambda t: ({"key": t["asked_of_us"]}, {"said": "与档案一致"}),
    "book_do exchange-batches prepare": lambda t: ({}, {"agreement": t["agreement"]}),
    "book_row_do exchange-batches release": lambda t: ({"key": t["batch"].pk}, {}),
    "book_row_do exchange-batches carry": lambda t: ({"key": t["carried"].pk}, {"reason": "送税务局"}),
    "book_row_do exchange-batches withdraw": lambda t: ({"key": t["batch"].pk}, {"reason": "重做"}),
    "book_row_do unit-filings receive": lambda t: ({"key": t["filing"]}, {}),
    "book_row_do cut-offs lift": lambda t: ({"key": t["cut"].pk}, {"note": "已排除"}),
}

"""What the walk over every service needs: a county with one of everything, and arguments by name.

A new service is found by itself. If it asks for something that nobody can make here, the walk says so.
"""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml
from django.utils import timezone
from tests.core.casework.conftest import HERE, Office, furnish
from tests.core.county import CASE, LAST_MONTH, one_of_everything
from tests.core.exchange.things import BARE, LIST, exchange_things
from tests.core.filing.conftest import a_pdf
from tests.core.org.bureau import GROUPS, NEXT_YEAR, SETUP, TODAY, YESTERDAY, hire
from tests.modules.registry.world import ENTERED, registry_things

import renshe.core
import renshe.modules
from renshe.core.filing.forms import RECEIPT
from renshe.core.journal.context import declared
from renshe.core.journal.models import Entry
from renshe.core.org.actor import Actor, actor_of
from renshe.core.org.credentials import token_issue
from renshe.core.org.models import ApiToken, Grant, Holding, Operator
from renshe.core.org.operations import operations
from renshe.core.org.setting_up import grant_install
from renshe.core.registers.monthly import log_of
from renshe.core.registers.tracing import Asked


@cache
def said(file: Path) -> dict[str, list[str]]:
    """Return who is said to be let, by what is asked for: the list in ``file``, which people have read."""
    return dict(yaml.safe_load(file.read_text("utf-8")))


def services() -> dict[str, Callable[..., Any]]:
    """Return every public function of the ground and of the lines that somebody acts in, by room, module and name;
    pages are walked as they are asked for, by tests/web/test_every_address.py."""
    found: dict[str, Callable[..., Any]] = {}
    rooms = [(renshe.core, "renshe.core."), (renshe.modules, "renshe.modules.")]
    for one in [one for room, prefix in rooms for one in pkgutil.walk_packages(room.__path__, prefix)]:
        if not re.search(r"\.migrations|\.pages|views$", one.name):
            for name, made in vars(importlib.import_module(one.name)).items():
                plain = inspect.unwrap(made) if callable(made) else made
                here = inspect.isfunction(plain) and plain.__module__ == one.name and not name.startswith("_")
                if here and "actor" in inspect.signature(plain).parameters:
                    found[f"{one.name.split('.', 2)[2]}.{name}"] = made
    return found


def last_entry() -> int:
    """Return the number of the journal's last entry, which no change leaves as it is."""
    return Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


@dataclass
class World:
    """The county 220822 with one of everything, and who may come to it; ``city``: who does there what only the agency
    above a county's does."""

    office: Office
    things: dict[str, Any]
    own: dict[str, Actor]
    strangers: dict[str, Actor]
    city: dict[str, Actor]


def build(home: Path) -> World:
    """Return the world; ``home``: where an installation would be."""
    office = furnish()
    bureau = office.bureau
    with declared(SETUP):
        had = set(Grant.objects.values_list("post__code", "operation"))
        for post in bureau.posts.values():
            for one in operations():
                if one.kind in post.group.kinds and (post.code, one.name) not in had:
                    grant_install(
                        post=post, operation_name=one.name, region=bureau.regions["220000"], valid_until=NEXT_YEAR
                    )
    own = {group: bureau.at(group) for group in GROUPS}
    above = {f"{group} above": bureau.at(group, "220000") for group in ("approve", "information")}
    strangers = {f"{group} elsewhere": bureau.at(group, "220802") for group in GROUPS}
    things = one_of_everything(office, own, home) | registry_things(office) | exchange_things(office)
    city = {
        f"{group} of the city": bureau.at(group, "220800") for group in ("entry", "check", "approve", "information")
    }
    strangers |= _gone(office)
    token_issue(
        actor=bureau.at("information", "220802"),
        region=bureau.regions["220802"],
        scopes=["shop.open.enter", "case.query"],
        expires_at=timezone.now() + dt.timedelta(days=1),
        partner="外单位",
    )
    token = ApiToken.objects.get(partner="外单位")
    strangers["partner elsewhere"] = Actor(
        "partner:外单位", "外单位", "partner:外单位", "220802", None, frozenset(), None, token.pk
    )
    strangers["nobody"] = replace(own["entry"], operator="nobody", name="无此人")
    return World(office, things, own | above, strangers, city)


def _gone(office: Office) -> dict[str, Actor]:
    """Return who worked in the county until yesterday, in every group."""
    with declared(SETUP):
        for group in GROUPS:
            operator = hire(f"left-{group}", office.bureau.agencies[HERE])
            Holding.objects.create(operator=operator, post=office.bureau.posts[group], valid_from=YESTERDAY)
        found = {f"{group} who left": actor_of(f"left-{group}") for group in GROUPS}
        Operator.objects.filter(number__startswith="left-").update(valid_until=YESTERDAY)
    return found


def arguments(name: str, made: Callable[..., Any], things: dict[str, Any]) -> dict[str, Any]:
    """Return what the service ``name`` is called with, but for who acts; LookupError where nobody can make it."""
    own = _OWN.get(name, {})
    found = {}
    for one in inspect.signature(made).parameters.values():
        if one.name == "actor" or one.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD):
            continue
        if one.name in own:
            found[one.name] = own[one.name](things) if callable(own[one.name]) else own[one.name]
        elif one.default is inspect.Parameter.empty:
            if one.name not in things and one.name not in _PLAIN:
                raise LookupError(f"{name}: say in tests/core/walking.py how to make {one.name!r}")
            found[one.name] = _PLAIN[one.name] if one.name in _PLAIN else things[one.name]
    return found


def strange(made: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """Yield for each argument that names something values that name nothing, or nothing of this world."""
    for one in inspect.signature(made).parameters.values():
        if one.name in ("number", "matter"):
            # What names something new may be anything that can be kept.
            new = made.__name__.rpartition("_")[2] in ("register", "add", "issue")
            nowhere = () if new else ("KY-220822-2026-9", "", "x" * 5000)
            yield from ((one.name, value) for value in nowhere)
        if one.name in ("attachment", "job", "entry") or (
            one.name in ("plan", "fault", "cut", "duty", "delegation") and "int" in str(one.annotation)
        ):
            yield from ((one.name, value) for value in (0, -1, 2**63, 2**70))
        if one.name in ("person_no", "unit_no", "old", "kept", "after") and "modules" in made.__module__:
            yield from ((one.name, value) for value in ("", "9" * 20, "x" * 5000))
        if one.name == "month":
            yield from ((one.name, value) for value in ("2026", "20261", "000101", "999912", "２０２６１１"))
        if one.name in ("person", "code") and made.__module__.endswith("filing.selectors"):
            yield (one.name, "1001 ")
        if one.name == "region" and "str" in str(one.annotation):
            yield from ((one.name, value) for value in ("220802", "999999", ""))


_PLAIN: dict[str, Any] = {
    "reason": "依据充分", "ground": "依据充分", "note": "已排除", "purpose": "办理业务", "opinion": "",
    "resolution": "已排除", "type": "shop.open", "region_code": HERE, "valid_until": NEXT_YEAR,
    "valid_from": TODAY, "last_day": TODAY, "workdays": 1, "box": "waiting", "items": ["code"],
    "fields": ["code"], "table": "toys_stall", "name": "新名称", "title": "卷", "place": "三楼",
    "period": "2026-11", "code": "999", "year": TODAY.year, "half": 1 if TODAY.month <= 6 else 2, "month": LAST_MONTH,
    "password": "长长的一个密码 7 号", "scopes": ["case.query"], "cidr": "10.9.0.0/16",
    "operation_name": "shop.open.enter", "module": "shop", "on": False, "data": CASE, "person": "1001",
    "days": 2, "good": True, "how": "整库恢复", "rows": 1, "size": 1, "sha256": "1" * 64, "data_set": "all",
    "filter": {}, "day": TODAY, "ports": "正常", "servers": "正常", "communications": "正常", "faults": "无",
    "what": "断网", "result": "正常", "agrees": True, "trigger": "断电", "steps": ["报告"], "period_days": 30,
    "machine": "备机", "stated_minutes": 60, "took_minutes": 30, "report": "完成", "first": TODAY,
    "last": TODAY, "id_number": "220802196503120173", "department_kind": "pension",
    "expires_at": timezone.now() + dt.timedelta(days=1), "at": timezone.now(), "approval": "批-1",
    "asked": Asked(case="x"),
}  # fmt: skip

_OWN: dict[str, dict[str, Any]] = {
    "affairs.conduct.points_by_agency": {},
    "casework.leading.case_assign": {"operator": "check-220822"},
    "casework.leading.case_resume": {"number": lambda t: t["paused"].number},
    "casework.services.case_start": {"region": HERE},
    "casework.services.case_take": {"number": lambda t: t["proposed"].number},
    "casework.notices.case_supplement": {
        "number": lambda t: t["applied"].number, "told": "请补充营业执照", "due_on": NEXT_YEAR,
    },
    "casework.services.case_fill": {"number": lambda t: t["draft"].number},
    "casework.services.case_submit": {"number": lambda t: t["draft"].number, "seen": lambda t: t["draft"].digest},
    "casework.local.difference_set": {"workdays": 2},
    "exchange.by_hand.batch_export": {"number": lambda t: t["carried"].number},
    "exchange.by_hand.package_register": {"file": lambda t: t["brought"]},
    "exchange.by_hand.receipt_get": {"line": lambda t: t["passage"]},
    "exchange.preparing.batch_release": {"number": lambda t: t["batch"].number, "seen": lambda t: t["batch"].content},
    "exchange.preparing.batch_withdraw": {"number": lambda t: t["batch"].number, "reason": "重做"},
    "exchange.lists.list_register": {"agreement": BARE, "file": LIST},
    "exchange.comparing.difference_change": {"difference": lambda t: t["other_held"]},
    "exchange.comparing.difference_doubt": {"difference": lambda t: t["other_held"], "reason": "以档案为准"},
    "exchange.comparing.difference_settle": {"difference": lambda t: t["other_held"], "reason": "写法不同"},
    "exchange.correcting.corrections_prepare": {"agreement": lambda t: t["doubting"]},
    "exchange.correcting.correction_answer": {
        "record": lambda t: t["asked_of_us"], "corrected": False, "said": "与档案一致",
    },
    "exchange.selectors.told_of": {"subject": lambda t: t["person_no"]},
    "exchange.selectors.told_to": {"subject": lambda t: t["person_no"]},
    "registry.compared.told_of": {"number": lambda t: t["person_no"]},
    "exchange.selectors.batch_get": {"number": lambda t: t["batch"].number},
    "exchange.selectors.fates": {"number": lambda t: t["batch"].number},
    "filing.attachments.attachment_add": {
        "matter": lambda t: t["draft"].number, "region": HERE, "kind": "lease", "name": "b.pdf", "content": a_pdf(2),
    },
    "filing.attachments.attachment_read": {"attachment": lambda t: t["paper"].pk},
    "filing.attachments.attachment_remove": {"attachment": lambda t: t["paper"].pk},
    "filing.attachments.attachments_release": {
        "matter": lambda t: t["done"].number, "approval": lambda t: t["release"],
    },
    "filing.attachments.attachments_of": {"matter": lambda t: t["draft"].number},
    "filing.documents.document_issue": {"name": RECEIPT.name, "region": HERE},
    "filing.documents.document_read": {"number": lambda t: t["document"].number},
    "filing.documents.document_get": {"number": lambda t: t["document"].number},
    "filing.documents.document_void": {"number": lambda t: t["document"].number},
    "filing.selectors.documents_of": {"matter": lambda t: t["number"]},
    "filing.selectors.documents_by_code": {"code": lambda t: t["document"].code},
    "filing.volumes.volume_open": {"region": HERE, "kind": "x"},
    "filing.volumes.volume_month_end": {
        "region": HERE, "period": LAST_MONTH, "requests": [], "log": lambda t: t["month_log"],
    },
    "filing.volumes.volume_add": {"number": lambda t: t["volume"], "documents": lambda t: [t["document"].number]},
    "jobs.services.job_retry": {"job": lambda t: t["failed"]},
    "registers.tracing.entries": {"asked": lambda t: Asked(case=t["number"])},
    "org.staffing.holding_begin": {"operator": lambda t: t["fresh_hand"], "post": lambda t: t["entry_post"]},
    "org.granting.grant_end": {"last_day": TODAY},
    "org.granting.cross_region_end": {"last_day": TODAY},
    "jobs.services.job_start": {"name": "filing.check", "region": HERE},
    "org.access.terminal_register": {"number": "w-9"},
    "org.access.place_stop": {"place": lambda t: t["terminal"]},
    "org.access.cut_off": {"target": lambda t: t["operator"]},
    "org.granting.grant_review": {"request": lambda t: t["fresh"]},
    "org.granting.grant_approve": {"request": lambda t: t["reviewed"]},
    "org.granting.grant_open": {"request": lambda t: t["approved"]},
    "org.granting.grant_refuse": {"request": lambda t: t["fresh"]},
    "org.attributes.attribute_group_add": {"code": "w2", "fields": {"toys_stall": ["region"]}},
    "org.attributes.sharing_grant": {"fields": ["toys_stall.code"]},
    "org.credentials.token_issue": {"partner": "税务"},
    "org.masking.reveal": {"row": lambda t: t["stall"]},
    "org.staffing.operator_register": {"number": "new-1"},
    "org.structure.region_add": {"code": "220822102", "parent": lambda t: t["region"]},
    "org.structure.region_succeed": {"successor": lambda t: t["region"].parent},
    "org.structure.agency_add": {"number": "ag-new", "kind": "pension"},
    "org.structure.post_add": {"code": "new", "group": "entry"},
    "registers.backups.backup_interval_set": {"data_set": "account", "days": 1},
    "registers.bulk.bulk": {"operation": "case.query", "data_set": "account"},
    "registers.cleaning.candidates_delete": {
        "chosen": lambda t: [t["candidate"]], "approval": lambda t: t["clean_up"],
    },
    "registers.cleaning.deleted_restore": {
        "deleted": lambda t: [t["deleted"]], "approval": lambda t: t["restoration"],
    },
    "registers.monthly.change_log_check": {
        "seen": lambda t: log_of(t["region"], LAST_MONTH).digest,
    },
    "registers.running.running_log_missing": {"first": TODAY - dt.timedelta(days=9)},
    "registers.plans.plan_register": {"owner": lambda t: t["operator"]},
    "registers.running.duty_name": {"kind": "network"},
    "registers.running.duty_get": {"duty": lambda t: t["duty"].pk},
    "casework.delegating.delegation_get": {"delegation": lambda t: t["delegation"].pk},
    "registers.plans.plan_get": {"plan": lambda t: t["plan"].pk},
    "registers.running.fault_get": {"fault": lambda t: t["fault"].pk},
    "org.access.cut_off_reported": {"cut": lambda t: t["cut"].pk},
    "casework.exporting.volume_export": {"number": lambda t: t["closed"]},
    "casework.exporting.cases_export": {"to": lambda t: BytesIO()},
    "registers.tracing.entry_reveal": {"entry": lambda t: t["deleted"]},
    "registers.searching.backup_search": {"connection": None, "person": "1001"},
    "registry.duplicates.possible_duplicates": {"values": ENTERED},
    "registry.selectors.people_identified": {"value": ENTERED["id_number"]},
    "registry.units.units_identified": {"value": lambda t: t["unit_no"]},
    "registry.modified.modification_log": {"number": lambda t: t["unsealed_request"]},
    "registry.modifying.modification_designate": {
        "number": lambda t: t["waiting_request"].number, "seen": lambda t: t["waiting_request"].digest,
        "operator": "entry-220800",
    },
    "registry.modified.modification_abandon": {"number": lambda t: t["approved_request"]},
    "registry.selectors.person_reveal": {"items": ["name", "phone"]},
    "registry.modifying.modification_unseal": {"number": lambda t: t["approved_request"]},
    "registry.modifying.modification_enter": {
        "number": lambda t: t["unsealed_request"], "values": {"ethnicity": "02"},
    },
}  # fmt: skip
_OWN["filing.volumes.volume_verify"] = {"number": lambda t: t["closed"]}
for _name in ("close", "move", "get"):
    _OWN[f"filing.volumes.volume_{_name}"] = {"number": lambda t: t["volume"]}
_OWN["filing.copying.volume_copy"] = {"number": lambda t: t["closed"]}

"""Ledgers of exchange: who is exchanged with, on which terms, what went and came, and what the gate let through.

Rule (S2-4; S3-7; issue 7: what is due, what waits for an answer, what failed and why): one batch from its order to its
last answer.

Invariant: a partner, a key and an agreement change by cases alone; here they are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpResponse

from renshe.core.casework.forms import Item
from renshe.core.exchange import by_hand, comparing, correcting, cycles, preparing, selectors
from renshe.core.exchange.by_hand import Carried
from renshe.core.exchange.cases import SUITES
from renshe.core.exchange.models import Batch, Difference, Fate, Stage
from renshe.core.exchange.operating import COMPARE, PREPARE, QUERY, RELEASE
from renshe.core.exchange.packages.terms import terms_read
from renshe.core.exchange.preparing import OPEN_TO_WITHDRAWAL
from renshe.core.exchange.selectors import agreements, differences
from renshe.core.exchange.ways.https import MEDIA
from renshe.core.org.actor import Actor
from renshe.core.pages.books import Book, Deed, book
from renshe.core.pages.sending import sent
from renshe.standards.masks import mask_value

GROUP = "交换"
_WAYS = {"out": "送出", "in": "收到"}
_KINDS = {"batch": "数据", "answers": "答复", "correction": "更正请求", "amends": "更正答复"}
OUTCOMES = {
    "taken": "收下", "again": "重复收到", "held": "等前一批", "refused": "拒绝", "sent": "送出", "fetched": "对方取走",
    "unreachable": "没有送到",
}  # fmt: skip
REASON = Item("reason", "理由", required=True, length=500)


def _agreements(actor: Actor) -> Sequence[tuple[str, str]]:
    """Return the agreements under which something may be sent."""
    standing = agreements(actor).filter(valid_until=None, text__contains="direction: out")
    return [(one.number, f"{one.number} {one.title}（{one.partner.name}）") for one in standing]


def _doubted(actor: Actor) -> Sequence[tuple[str, str]]:
    """Return the agreements under which the other side is to be asked to correct something."""
    doubts = differences(actor).filter(state=Difference.State.DOUBTED).values("batch__agreement_number")
    standing = agreements(actor).filter(valid_until=None, number__in=doubts)
    return [(one.number, f"{one.number} {one.title}（{one.partner.name}）") for one in standing]


def _prepare(actor: Actor, row: None, told: Mapping[str, Any]) -> Batch:
    only = re.split(r"[\s,，、;；]+", told["only"].strip()) if told["only"] else None
    return preparing.batch_prepare(
        actor=actor, agreement=told["agreement"], purpose=told["purpose"] or "", only=only, direct=bool(told["direct"])
    )


def _differing(name: str) -> Callable[[Any], str]:
    """Return what shows the value ``name`` of a difference: masked, but for the characters in which both differ."""

    def told(row: Difference) -> str:
        content = terms_read(row.batch.agreement.text).content
        ours, theirs = row.ours or "", row.theirs
        shown = mask_value(content, row.column, getattr(row, name))
        if shown in (ours, theirs) or len(ours) != len(theirs):
            return shown or "—"
        pairs = zip(getattr(row, name), shown.ljust(len(ours), "*"), ours, theirs, strict=False)
        return "".join(whole if one != other else masked for whole, masked, one, other in pairs)

    return told


def _asked(name: str) -> Callable[[Any], str]:
    """Return what shows one part of a request to us: read from its batch, for one row alone."""
    return lambda row: correcting.asked(row)[name] or "—"


def _sums(row: Batch) -> str:
    return "；".join(f"{name} {value}" for name, value in row.sums.items()) or "—"


def _faults(row: Batch) -> str:
    if not row.faults:
        return "—"
    told = "；".join(f"第 {at} 行 {column}：{said}" for at, column, said in row.faults["first"][:20])
    return f"共 {row.faults['many']} 处：{told}"


def _first(row: Batch) -> str:
    return "；".join(selectors.first_rows(row)) or "—"


def _fates(row: Batch) -> str:
    counts = [(fate.label, row.records.filter(fate=fate).count()) for fate in Fate]
    told = [f"{label} {many:,}" for label, many in counts if many]
    open_still = row.records.filter(fate=None).count()
    if row.stage in (Stage.PREPARED, Stage.RELEASED):
        return f"尚未发送 {open_still:,}"
    return "，".join([*told, *([f"尚无答复 {open_still:,}"] if open_still else [])]) or "—"


def _handed(carried: Carried) -> HttpResponse:
    return sent(carried.file, MEDIA, carried.name)


book(
    Book(
        "exchange-batches",
        "交换批次",
        GROUP,
        selectors.batches,
        (
            "number", ("方向", lambda row: f"{_WAYS[row.direction]}{_KINDS.get(row.kind, row.kind)}"),
            ("对方", lambda row: row.agreement.partner.name), "agreement_number", "sequence", "rows", "stage",
            "made_at",
        ),
        (QUERY, PREPARE, RELEASE),
        (
            ("合计", _sums), ("检查结果", _faults), ("前几条（脱敏）", _first),
            ("记录", _fates), "reason", "prepared_by", "released_by",
            "released_at", "sent_at", "received_at", "answer_due", "answered_at", "tries", "try_at", "purpose",
            "direct", "emergency", "content", "digest",
        ),
        [
            Deed(
                "prepare",
                "生成批次",
                _prepare,
                [
                    Item("agreement", "协议", required=True, length=40),
                    Item("purpose", "查询事由（协议要求返回信息的填写）", length=200),
                    Item("only", "只含这些编号（空：全部）", length=2000),
                    Item("direct", "部门直报", "flag"),
                ],
                PREPARE,
                says=lambda made: (
                    f"已生成 {made.number}" if not made.faults else f"{made.number} 有缺项、错项，已退回补正"
                ),
                choices={"agreement": _agreements},
            ),
            Deed(
                "release",
                "检查无误，放行",
                lambda actor, row, told: preparing.batch_release(actor=actor, number=row.number, seen=row.content),
                operation=RELEASE,
                rowed=True,
                when=lambda row: row.stage == "prepared",
            ),
            Deed(
                "corrections",
                "生成更正请求",
                lambda actor, row, told: correcting.corrections_prepare(actor=actor, agreement=told["agreement"]),
                [Item("agreement", "协议", required=True, length=40)],
                PREPARE,
                says=lambda made: f"已生成 {made.number}",
                choices={"agreement": _doubted},
            ),
            Deed(
                "carry",
                "取出数据包",
                lambda actor, row, told: by_hand.batch_export(actor=actor, number=row.number, **told),
                [Item("reason", "用途（由谁送交，记入批量操作登记）", required=True, length=500)],
                RELEASE,
                rowed=True,
                gives=_handed,
                when=by_hand.is_carried,
            ),
            Deed(
                "withdraw",
                "撤回",
                lambda actor, row, told: preparing.batch_withdraw(actor=actor, number=row.number, **told),
                [REASON],
                PREPARE,
                rowed=True,
                when=lambda row: row.stage in OPEN_TO_WITHDRAWAL,
            ),
        ],
        "业务部门生成，网络维护人员检查后放行；放行后自动发送，直到对方回执。协议约定手工传递的，放行后在批次中取出数据包。",
    )
)  # fmt: skip

book(
    Book(
        "exchange-agreements",
        "交换协议",
        GROUP,
        selectors.agreements,
        ("number", "version", "title", "partner__name", "valid_from", "valid_until"),
        (QUERY,),
        ("own__name", "owner", "ground", "text"),
        note="协议的签订、变更、终止在“受理业务”中办理。",
        leads_label="依据",
        leads=lambda row: [(f"业务 {row.case_no}", "case", row.case_no)],
    )
)

book(
    Book(
        "exchange-partners",
        "交换对方",
        GROUP,
        selectors.partners,
        ("code", "name", "sort", "own", "region__name", "valid_from", "valid_until"),
        (QUERY,),
        ("above__name", "notify"),
        note="交换对方和密钥的登记、变更在“受理业务”中办理。",
        leads_label="依据",
        leads=lambda row: [(f"业务 {row.case_no}", "case", row.case_no)],
    )
)

book(
    Book(
        "exchange-keys",
        "交换密钥",
        GROUP,
        selectors.keys,
        (
            "partner__name", ("本方", lambda row: row.partner.own), ("算法", lambda row: dict(SUITES)[row.suite]),
            "purpose", "fingerprint", "valid_from", "valid_until",
        ),
        (QUERY,),
        (("公钥（十六进制）", lambda row: bytes(row.public).hex()),),
        note="本方的公钥可以交给对方登记；请与对方另行核对指纹。密钥的登记、更换在“受理业务”中办理。",
        leads_label="依据",
        leads=lambda row: [(f"业务 {row.case_no}", "case", row.case_no)] if row.case_no else [],
    )
)  # fmt: skip

book(
    Book(
        "exchange-log",
        "交换日志",
        GROUP,
        selectors.passages,
        (
            "at", ("方向", lambda row: _WAYS[row.direction]), "partner", "agreement", "sequence",
            ("结果", lambda row: OUTCOMES.get(row.outcome, row.outcome)), "reason",
        ),
        (QUERY,),
        ("channel", "kind", "by", "digest"),
        note="每个进出的数据包一行，拒收的写明原因。",
    )
)  # fmt: skip

book(
    Book(
        "exchange-differences",
        "比对差异",
        GROUP,
        selectors.differences,
        (
            ("对方", lambda row: row.batch.agreement.partner.name), "subject", "label", ("我方", _differing("ours")),
            ("对方所称", _differing("theirs")), "state", "found_at",
        ),
        (QUERY, COMPARE),
        ("told", "case_no", ("批次", lambda row: row.batch.number), "place", "decided_by", "decided_at"),
        [
            Deed(
                "change",
                "对方的对，办理我方变更",
                lambda actor, row, told: comparing.difference_change(actor=actor, difference=row.pk),
                operation=COMPARE,
                rowed=True,
                says=lambda number: f"已生成业务 {number}，请到“我的业务”补齐材料后提交",
                when=lambda row: row.state == "open",
            ),
            Deed(
                "doubt",
                "我方的对，请对方更正",
                lambda actor, row, told: comparing.difference_doubt(actor=actor, difference=row.pk, **told),
                [REASON],
                COMPARE,
                rowed=True,
                when=lambda row: row.state == "open",
            ),
            Deed(
                "settle",
                "核实无误，两者都可以",
                lambda actor, row, told: comparing.difference_settle(actor=actor, difference=row.pk, **told),
                [REASON],
                COMPARE,
                rowed=True,
                when=lambda row: row.state == "open",
            ),
        ],
        "对方返回的信息与我方不同的，逐条核实；对方的信息不会自动改动我方数据。",
    )
)  # fmt: skip

book(
    Book(
        "exchange-asked",
        "收到的更正请求",
        GROUP,
        correcting.asked_of_us,
        (
            ("对方", lambda row: row.batch.agreement.partner.name), ("批次", lambda row: row.batch.number), "place",
            ("答复", lambda row: {"applied": "已更正", "refused": "核实无误"}.get(row.fate, "待答复")),
        ),
        (COMPARE,),
        (
            ("项目", _asked("column")), ("我方送出", _asked("told")), ("对方认为", _asked("held")),
            ("理由", _asked("reason")), ("标识", _asked("key")), "said",
        ),
        [
            Deed(
                "answer",
                "答复",
                lambda actor, row, told: correcting.correction_answer(
                    actor=actor, record=row.pk, corrected=bool(told["corrected"]), said=told["said"]
                ),
                [Item("corrected", "我方有误，已更正", "flag"), Item("said", "说明", required=True, length=500)],
                COMPARE,
                rowed=True,
                when=lambda row: row.fate is None,
            ),
        ],
        "对方认为我方送出的数据有误；核实后答复，一批全部答复后自动送回。",
    )
)  # fmt: skip

book(
    Book(
        "exchange-missed",
        "未按期交换",
        GROUP,
        cycles.missed,
        ("due_on", "number", ("对方", lambda row: row.agreement.partner.name), "done_on"),
        (QUERY,),
        note="协议约定的日子没有送出或收到的，次日列在这里，补做后写明日期。",
    )
)

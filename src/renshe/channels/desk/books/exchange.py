"""Ledgers of exchange: who is exchanged with, on which terms, what went and came, and what the gate let through.

Rule (S2-4; S3-7; issue 7: what is due, what waits for an answer, what failed and why): one batch from its order to its
last answer.

Invariant: a partner, a key and an agreement change by cases alone; here they are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence

from renshe.core.casework.forms import Item
from renshe.core.exchange import preparing, selectors
from renshe.core.exchange.models import Batch, Fate
from renshe.core.exchange.operating import PREPARE, QUERY, RELEASE
from renshe.core.exchange.preparing import OPEN_TO_WITHDRAWAL
from renshe.core.exchange.selectors import agreements
from renshe.core.org.actor import Actor
from renshe.core.pages.books import Book, Deed, book

GROUP = "交换"
_WAYS = {"out": "送出", "in": "收到"}
_KINDS = {"batch": "数据", "answers": "答复", "query": "查询", "correction": "更正请求"}
REASON = Item("reason", "理由", required=True, length=500)


def _agreements(actor: Actor) -> Sequence[tuple[str, str]]:
    """Return the agreements under which something may be sent."""
    standing = agreements(actor).filter(valid_until=None, text__contains="direction: out")
    return [(one.number, f"{one.number} {one.title}（{one.partner.name}）") for one in standing]


def _sums(row: Batch) -> str:
    return "；".join(f"{name} {value}" for name, value in row.sums.items()) or "—"


def _faults(row: Batch) -> str:
    if not row.faults:
        return "—"
    told = "；".join(f"第 {at} 行 {column}：{said}" for at, column, said in row.faults["first"][:20])
    return f"共 {row.faults['many']} 处：{told}"


def _fates(row: Batch) -> str:
    counts = [(fate.label, row.records.filter(fate=fate).count()) for fate in Fate]
    told = [f"{label} {many:,}" for label, many in counts if many]
    open_still = row.records.filter(fate=None).count()
    return "，".join([*told, *([f"尚无答复 {open_still:,}"] if open_still else [])]) or "—"


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
            ("合计", _sums), ("检查结果", _faults), ("记录", _fates), "reason", "prepared_by", "released_by",
            "released_at", "sent_at", "received_at", "answered_at", "tries", "try_at", "content", "digest",
        ),
        [
            Deed(
                "prepare",
                "生成批次",
                lambda actor, row, told: preparing.batch_prepare(actor=actor, agreement=told["agreement"]),
                [Item("agreement", "协议", required=True, length=40)],
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
                "withdraw",
                "撤回",
                lambda actor, row, told: preparing.batch_withdraw(actor=actor, number=row.number, **told),
                [REASON],
                PREPARE,
                rowed=True,
                when=lambda row: row.stage in OPEN_TO_WITHDRAWAL,
            ),
        ],
        "业务部门生成，网络维护人员检查后放行；放行后自动发送，直到对方回执。",
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
        "exchange-log",
        "交换日志",
        GROUP,
        selectors.passages,
        ("at", ("方向", lambda row: _WAYS[row.direction]), "partner", "agreement", "sequence", "outcome", "reason"),
        (QUERY,),
        ("channel", "kind", "digest"),
        note="每个进出的数据包一行，拒收的写明原因。",
    )
)

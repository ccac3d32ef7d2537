"""Joint tests: what was once exchanged is sent again to another installation, and each mismatch is told.

A script is YAML: ``steps``, each with ``agreement``, ``rows`` (by the agreed columns), ``purpose``, and what is
expected: ``receipt`` (taken, refused), ``reason`` (a part of it), ``answers`` by place as fate and, where one was
given, reason.

Rule (S3-30 与部级系统…联调测试; S3-4): messages that were recorded are replayed against the declared interface.

Invariant: replaying changes the peer's books like any other traffic; nothing that is expected goes unsaid.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from renshe.core.exchange.packages.content import content_read
from renshe.peer.books import Entry
from renshe.peer.folder import PeerError
from renshe.peer.side import Side


def recorded(side: Side) -> str:
    """Return as a script what the peer sent and what came back for it."""
    steps = []
    for one in side.books.find(direction="out", kind="batch"):
        agreed = side.folder.agreed(one.agreement, one.version)
        if agreed is None or one.state == "waiting":
            continue
        terms = agreed.terms
        rows = content_read(one.content, terms.media, terms.headers, terms.layout).to_pylist()
        step: dict[str, Any] = {"agreement": one.agreement, "rows": rows, "purpose": one.purpose}
        step |= {"receipt": "refused" if one.state == "refused" else "taken", "reason": one.reason}
        step["answers"] = {
            place: [fate, said] for place, _, fate, said in side.books.records(one.id) if fate is not None
        }
        steps.append(step)
    return yaml.safe_dump({"steps": steps}, allow_unicode=True, sort_keys=False)


def replayed(side: Side, script: Path, turn: Callable[[], object], *, patience: float) -> Iterator[str]:
    """Send each step of ``script`` and yield in Chinese where something else came back than was expected; ``turn``
    moves packages both ways, ``patience``: so many seconds for each step. PeerError where it is no script."""
    try:
        steps = yaml.safe_load(script.read_text("utf-8"))["steps"]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        raise PeerError(f"{script.name} 不是联调脚本：应有 steps") from None
    for at, step in enumerate(steps, 1):
        agreed = side.folder.agreed(str(step.get("agreement")))
        if agreed is None:
            yield f"第 {at} 步：没有协议 {step.get('agreement')}"
            continue
        headers = agreed.terms.headers
        rows = pa.table({name: pa.array([row.get(name) for row in step["rows"]], pa.string()) for name in headers})
        sent = side.send(agreed.number, rows, step.get("purpose", ""))
        wanted = {int(place): told for place, told in (step.get("answers") or {}).items()}
        entry = _waited(side, sent, wanted, turn, patience)
        yield from (f"第 {at} 步：{told}" for told in _mismatches(side, entry, step, wanted))


def _waited(side: Side, sent: int, wanted: dict[int, Any], turn: Callable[[], object], patience: float) -> Entry:
    """Return the package once it has its receipt and answers, or patience is at its end."""
    until = time.monotonic() + patience
    while True:
        turn()
        entry = side.books.find(id=sent)[0]
        answered = {place for place, _, fate, _ in side.books.records(sent) if fate is not None}
        if entry.state == "refused" or (entry.state == "receipted" and set(wanted) <= answered):
            return entry
        if time.monotonic() > until:
            return entry
        time.sleep(0.2)


def _mismatches(side: Side, entry: Entry, step: dict[str, Any], wanted: dict[int, Any]) -> Iterator[str]:
    came = {"waiting": "没有回执", "receipted": "taken", "refused": "refused"}[entry.state]
    if step.get("receipt", "taken") != came:
        yield f"回执应为 {step.get('receipt', 'taken')}，实为 {came}" + (f"（{entry.reason}）" if entry.reason else "")
    elif step.get("reason") and str(step["reason"]) not in entry.reason:
        yield f"拒收原因应含“{step['reason']}”，实为“{entry.reason}”"
    answers = {place: (fate, said) for place, _, fate, said in side.books.records(entry.id)}
    for place, told in sorted(wanted.items()):
        fate, said = answers.get(place, (None, ""))
        if fate != told[0]:
            yield f"第 {place} 条应为 {told[0]}，实为 {fate or '没有答复'}"
        elif len(told) > 1 and told[1] and told[1] != said:
            yield f"第 {place} 条的说明应为“{told[1]}”，实为“{said}”"

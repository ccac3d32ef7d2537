"""Undo: a decision is never erased, one more decision revokes it.

Invariant: whoever revokes has a name and a ground; the next round is as if the revoked had never been decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from renshe.engine.decisions.log import Decision, effective, read_decisions
from renshe.engine.mending.entering import enter
from renshe.engine.mending.refusals import MendingError
from renshe.engine.project import load_project
from renshe.engine.rounds.store import Store

# What of the revoked decision is told again, so that a search finds both.
_SAME = "table system key field rule related source_file source_row".split()


def revoke(project: Path, ids: Sequence[str], batch: str | None, by: str, ground: str) -> tuple[str, list[Decision]]:
    """Revoke decisions by id, or all of ``batch`` that stand; return the new batch and its decisions.

    A revocation may be revoked: what it undid stands again. MendingError where an id is unknown or stands no more.
    """
    load_project(project)
    if not by.strip() or not ground.strip():
        raise MendingError("撤销要写明经办人和依据；请用 --by 姓名 --ground 依据")
    if not ids and batch is None:
        raise MendingError("没有写要撤销哪些决定；请写决定的编号，或用 --batch 写批次（renshe decisions 可查）")
    store = Store(project)
    with store.locked():
        log = read_decisions(project)
        chosen = _chosen(log, ids, batch)
        told = [
            Decision(
                id="",
                at="",
                by=by.strip(),
                kind="revoke",
                ground=ground.strip(),
                source="revoke",
                revokes=one.id,
                **{name: getattr(one, name) for name in _SAME},
            )
            for one in chosen
        ]
        return enter(project, log, "revoke", told)


def _chosen(log: Sequence[Decision], ids: Sequence[str], batch: str | None) -> list[Decision]:
    known = {decision.id: decision for decision in log}
    alive = {decision.id for decision in effective(log)} | {decision.id for decision in revocations(log)}
    for asked in ids:
        if asked not in known:
            raise MendingError(f"没有编号为 {asked} 的决定；请用 renshe decisions 查编号")
        if asked not in alive:
            raise MendingError(f"决定 {asked} 已经撤销，不必再撤")
    chosen = [known[asked] for asked in dict.fromkeys(ids)]
    if batch is not None:
        own = [decision for decision in log if decision.batch == batch]
        if not own:
            raise MendingError(f"没有批次 {batch}；请用 renshe decisions 查批次")
        standing = [decision for decision in own if decision.id in alive]
        if not standing:
            raise MendingError(f"批次 {batch} 的决定都已撤销，不必再撤")
        chosen += [decision for decision in standing if decision not in chosen]
    return chosen


def revocations(log: Sequence[Decision]) -> list[Decision]:
    """Return the revocations that are in force."""
    undone: set[str | None] = set()
    force: list[Decision] = []
    for decision in reversed(log):
        if decision.kind == "revoke" and decision.id not in undone:
            undone.add(decision.revokes)
            force.append(decision)
    return force

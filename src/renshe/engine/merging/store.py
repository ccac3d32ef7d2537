"""``renshe merge-plan``: the plan over the newest round, written beside it.

Invariant: ``rounds/NNNN/merge`` is a whole plan or not there; the round itself is not touched. A plan that is made anew
takes the place of the earlier one.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from renshe.engine.mending.newest import Newest, open_newest
from renshe.engine.mending.refusals import MendingError
from renshe.engine.merging.listed import read_listed
from renshe.engine.merging.plan import STATES, Plan, links_of, planned
from renshe.engine.merging.sheets import FILE, write_workbook
from renshe.engine.merging.tables import know_rows, write_tables
from renshe.engine.project import load_project
from renshe.engine.rounds.store import Store, file_digest

NAME = "merge"


@dataclass(frozen=True, slots=True)
class Written:
    """A plan as written: its folder, its manifest, and the plan's workbook."""

    folder: Path
    manifest: dict[str, Any]

    @property
    def workbook(self) -> Path:
        """Return the workbook for the clerks."""
        return self.folder / FILE


def write_plan(project: Path, listed: Path | None = None) -> Written:
    """Plan the merges of the newest round of ``project`` and write them into its folder ``merge``.

    ``listed``: a file of further pairs. MendingError where there is no round, or neither link nor list.
    """
    load_project(project)
    store = Store(project)
    more = read_listed(listed) if listed is not None else []
    with store.locked():
        newest = open_newest(store)
        links = links_of(newest)
        if links.members is None and listed is None:
            raise MendingError(
                f"{newest.folder}：第 {newest.number} 轮还没有关联结果（link）；请先运行 renshe link {project}，"
                "或用 --pairs 给出要合并的编号名单"
            )
        with planned(newest, links, more) as plan, store.new_beside(newest.number, NAME) as folder:
            know_rows(plan)
            write_tables(plan, folder)
            write_workbook(plan, folder)
            manifest = _manifest(newest, plan, folder)
            (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2), "utf-8")
    return Written(newest.folder / NAME, manifest)


def _manifest(newest: Newest, plan: Plan, folder: Path) -> dict[str, Any]:
    states = Counter(one.state for one in plan.pairs)
    blocked = Counter(obstacle.id for one in plan.pairs if one.state == "blocked" for obstacle in one.obstacles)
    refunds = [refund for one in plan.pairs for refund in one.refunds]
    return {
        "round": newest.number,
        "findings": newest.manifest["digests"]["findings"],
        "rules_version": newest.manifest["rules_version"],
        "pairs": len(plan.pairs),
        "states": {state: states[state] for state in STATES},
        "scopes": dict(sorted(Counter(one.pair.scope for one in plan.pairs).items())),
        "conditions": dict(sorted(blocked.items())),
        "unchecked": dict(plan.unchecked),
        "doubtful": plan.doubtful,
        "apart": plan.apart,
        "moved": sum(sum((one.moved or {}).values()) for one in plan.pairs),
        "refunds": len(refunds),
        "refund_amount": f"{sum(refund.amount for refund in refunds):.2f}",
        "digest": plan.digest,
        "files": {file.name: file_digest(file) for file in sorted(folder.iterdir())},
    }

"""The log of decisions: who changed what of which row, on what ground, checked by whom.

Business rule (白社保〔2021〕22号): every correction leaves a record that can be searched. ``decisions/*.jsonl`` is
append-only: a batch is one file that appears by one rename, undoing is one more decision.

Invariant: a line that cannot be understood is refused with file and line; nothing is skipped in silence. What is
``effective`` depends on the lines alone, not on the files they stand in.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from renshe.standards.dictionary import Table

FOLDER = "decisions"
# What a decision does: fill an empty value, correct one, settle a contradiction between two systems by keeping one of
# them, take a row out of rules and sums, accept findings as true, ask the owner again, take changes back, join two
# records of one person, say that two records stay apart, say of a pair that a link proposes that it is one person, or
# two, or that nobody can tell, revoke another decision.
KINDS = (
    *("fill", "correct", "resolve", "remove", "accept", "recollect", "restore", "merge", "apart"),
    *("same", "different", "unsure", "revoke"),
)
VALUES = frozenset({"fill", "correct", "resolve"})
PAIRED = frozenset({"merge", "apart"})
LINKED = frozenset({"same", "different", "unsure"})
"""``key`` is the number of the one record in ``system``, ``related`` the other's system and number."""
NOTED = frozenset({"accept", "recollect", "apart"}) | LINKED
"""These change no row."""
_OPTIONAL = (
    "checked_by table system key field old new rule ground source revokes related source_file source_row date batch"
    " details"
).split()


class DecisionError(ValueError):
    """A line of the log cannot be understood. The text is one Chinese line: file, line, remedy."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, as the contracts name its parts.

    ``key`` and ``related`` are JSON arrays as in findings. ``source_file`` and ``source_row`` tell rows apart that
    share a key; ``date`` is the day on the clerk's paper, ``at`` when it was entered, ``batch`` what came together;
    ``details`` is a JSON object of what a merge was decided on; ``place`` is where the line stands, for messages.
    """

    id: str
    at: str
    by: str
    kind: str
    checked_by: str | None = None
    table: str | None = None
    system: str | None = None
    key: str | None = None
    field: str | None = None
    old: str | None = None
    new: str | None = None
    rule: str | None = None
    ground: str | None = None
    source: str | None = None
    revokes: str | None = None
    related: str | None = None
    source_file: str | None = None
    source_row: int | None = None
    date: str | None = None
    batch: str | None = None
    details: str | None = None
    place: str = ""

    def line(self) -> str:
        """Return the decision as a line of the log; details, which few have, only where there are any."""
        told = {name: value for name, value in asdict(self).items() if name != "place"}
        if told["details"] is None:
            del told["details"]
        return json.dumps(told, ensure_ascii=False, separators=(", ", ": "))


def one_hand(decision: Decision) -> bool:
    """Whether who entered a decision is said to have checked it too: then nobody did."""
    by, checker = ("".join((name or "").split()) for name in (decision.by, decision.checked_by))
    return bool(checker) and by == checker


def normal_key(key: Any) -> str | None:
    """Return a key, an array or its JSON text, as findings write it: compact JSON; None where there is none.

    ValueError where it is no array of texts, numbers and nulls.
    """
    if key is None or key == "":
        return None
    parts = json.loads(key) if isinstance(key, str) else key
    if not isinstance(parts, list) or not all(part is None or isinstance(part, str | int) for part in parts):
        raise ValueError(key)
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def row_key(entry: Table, row: Mapping[str, Any]) -> str:
    """Return the key of a row as findings write it."""
    names = entry.key_else if entry.key_else and row[entry.key[0]] is None else entry.key
    text = normal_key([row[name] for name in names])
    assert text is not None
    return text


def normal_details(details: Any) -> str | None:
    """Return the details of a decision, an object or its JSON text, as compact JSON; ValueError where it is none."""
    if details is None or details == "":
        return None
    found = json.loads(details) if isinstance(details, str) else details
    if not isinstance(found, dict):
        raise ValueError(details)
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def read_decisions(project: Path) -> tuple[Decision, ...]:
    """Return every decision of a project in the order in which they were made; DecisionError names file and line."""
    found: list[Decision] = []
    for path in sorted((project / FOLDER).glob("*.jsonl")):
        name = f"{FOLDER}/{path.name}"
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DecisionError(f"{name}：无法读取（{error}）；请检查文件权限和编码（应为 UTF-8）") from None
        found += [_parse(line, f"{name} 第 {number} 行") for number, line in enumerate(lines, 1) if line.strip()]
    _refuse_repeated(found)
    # A stable sort: lines of one moment keep the order of their file.
    return tuple(sorted(found, key=lambda decision: decision.at))


def _parse(line: str, place: str) -> Decision:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise DecisionError(f"{place}：不是合法的 JSON（{error}）；每行应是一条完整的决定") from None
    if not isinstance(data, dict):
        raise DecisionError(f"{place}：应是一个 JSON 对象")
    lacking = [name for name in ("id", "at", "by", "kind") if not data.get(name)]
    if lacking:
        raise DecisionError(f"{place}：缺少 {'、'.join(lacking)}；每条决定都要有编号、时间、经办人和种类")
    if data["kind"] not in KINDS:
        raise DecisionError(f"{place}：没有种类 {data['kind']}；可用的有 {'、'.join(KINDS)}")
    if data["kind"] == "accept" and not (data.get("rule") or data.get("key")):
        raise DecisionError(f"{place}：经核实无误（accept）要写明规则（rule）或是哪一行、哪个人（key）")
    told: dict[str, Any] = {name: data.get(name) for name in _OPTIONAL}
    for name in ("key", "related"):
        try:
            told[name] = normal_key(told[name])
        except ValueError:
            raise DecisionError(f'{place}：{name} 应是键值的 JSON 数组，如 ["1001"]') from None
    try:
        told["details"] = normal_details(told["details"])
    except ValueError:
        raise DecisionError(f"{place}：details 应是 JSON 对象") from None
    row = told.pop("source_row")
    if row is not None and (isinstance(row, bool) or not isinstance(row, int)):
        raise DecisionError(f"{place}：source_row 应是整数")
    said = {name: _text(value) for name, value in told.items()}
    found = Decision(
        str(data["id"]), str(data["at"]), str(data["by"]), data["kind"], **said, source_row=row, place=place
    )
    _refuse_no_pair(found)
    return found


def _refuse_no_pair(decision: Decision) -> None:
    """Refuse what says that two records are one person, or are not, and does not say which or has one hand only."""
    if decision.kind not in LINKED:
        return
    one, other = json.loads(decision.key or "[]"), json.loads(decision.related or "[]")
    told = [decision.table, decision.system, *one, *other]
    if len(one) != 1 or len(other) != 2 or not all(isinstance(part, str) for part in told):
        raise DecisionError(
            f"{decision.place}：{decision.kind} 要写明两条记录：table、system、key（如 "
            '["1001"]）和 related（另一方的系统和编号，如 ["medical","2002"]）'
        )
    if decision.kind != "unsure" and decision.checked_by in (None, decision.by):
        raise DecisionError(f"{decision.place}：{decision.kind} 要有复核人（checked_by），且与经办人（by）不是同一人")


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def _refuse_repeated(decisions: Iterable[Decision]) -> None:
    places: dict[str, str] = {}
    for decision in decisions:
        if decision.id in places:
            raise DecisionError(f"{decision.place}：编号 {decision.id} 与{places[decision.id]}重复；请改用新的编号")
        places[decision.id] = decision.place


def effective(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return the decisions that stand: those not revoked, without the revoking ones. A revocation can be revoked."""
    revoked: set[str] = set()
    standing: list[Decision] = []
    # From the last to the first: what revokes a decision comes after it.
    for decision in reversed(tuple(decisions)):
        if decision.id in revoked:
            continue
        if decision.kind == "revoke":
            if decision.revokes is not None:
                revoked.add(decision.revokes)
        else:
            standing.append(decision)
    return tuple(reversed(standing))


def log_digest(decisions: Iterable[Decision]) -> str:
    """Return the digest of a log, for the manifest."""
    return hashlib.sha256("".join(f"{decision.line()}\n" for decision in decisions).encode()).hexdigest()


def append_decisions(project: Path, batch: str, decisions: Iterable[Decision]) -> Path:
    """Add a batch of decisions as ``decisions/<batch>.jsonl``, all or none; FileExistsError where it is there."""
    folder = project / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"{batch}.jsonl"
    if target.exists():
        raise FileExistsError(target)
    partial = folder / f"{batch}.{os.getpid()}.tmp"
    try:
        with partial.open("w", encoding="utf-8") as stream:
            stream.writelines(f"{decision.line()}\n" for decision in decisions)
            stream.flush()
            os.fsync(stream.fileno())
        partial.chmod(0o600)
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
    return target

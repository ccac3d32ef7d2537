"""Judges what ``renshe link`` wrote against the truth, pair by pair. What goes to review counts as not linked.

A pair is two different records, of two systems or of one. It is true when both are one person's. Linked are, told
apart, the pairs that ``links.parquet`` decides ``same`` and the pairs of records that share a cluster of
``clusters.parquet``. Candidates are pairs decided ``same`` or ``review``: what a person will see.

Precision is true linked pairs among linked ones, recall among true ones; an empty set of linked pairs has precision 1.
Recall by kind of damage counts a pair under every kind that either of its records bears, ``none`` where both are
whole; by trait likewise. A pair with a number that is nobody's in the truth (units) is left out and counted.

Forbidden in ``same`` is a pair with two different valid id numbers, births and sexes. Birth and sex are those of the
record, and of its number where the record has none; ``forbidden_by_id`` asks the numbers alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from renshe.standards.identity import id_birth, id_sex, is_valid_id_number, normalise

Key = tuple[str, str]
Pair = tuple[Key, Key]
# The stronger decision counts where a pair is listed twice.
_RANK = {"same": 2, "review": 1, "different": 0}


@dataclass(frozen=True, slots=True)
class Figures:
    """How many pairs were linked, how many of them rightly, and of how many."""

    true_pairs: int
    linked: int
    right: int

    @property
    def wrong(self) -> int:
        """Pairs of two people."""
        return self.linked - self.right

    @property
    def precision(self) -> float:
        """Share of the linked pairs that are true."""
        return self.right / self.linked if self.linked else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that are linked."""
        return self.right / self.true_pairs if self.true_pairs else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def told(self) -> dict[str, float | int]:
        """Return everything, rounded for people."""
        shares = {name: round(getattr(self, name), 6) for name in ("precision", "recall", "f1")}
        return {**asdict(self), "wrong": self.wrong, **shares}


@dataclass(frozen=True, slots=True)
class Facts:
    """What a record says about its person: the valid number or None, birth and sex as ISO date and code, or None."""

    number: str | None
    birth: str | None
    sex: str | None


class Truth:
    """Whose every record is, and what was done to it."""

    def __init__(self, project: Path) -> None:
        """Read ``truth.parquet`` and ``damage.parquet`` of ``project``."""
        rows = pq.read_table(project / "truth.parquet").to_pylist()
        self.person: dict[Key, int] = {(row["system"], row["key"]): row["person"] for row in rows}
        if len(self.person) != len(rows):
            raise ValueError(f"{project / 'truth.parquet'}: a record is listed twice")
        self.kinds: dict[Key, set[str]] = {}
        self.traits: dict[Key, set[str]] = {}
        for row in pq.read_table(project / "damage.parquet").to_pylist():
            key = (row["system"], row["key"])
            self.kinds[key], self.traits[key] = set(row["kinds"]), set(row["traits"])
        records: dict[int, list[Key]] = {}
        for key, person in self.person.items():
            records.setdefault(person, []).append(key)
        self.pairs = {_pair(*two) for keys in records.values() for two in combinations(keys, 2)}

    def kinds_of(self, pair: Pair) -> set[str]:
        """Return the damage that ``pair`` bears, {"none"} for none."""
        return self.kinds.get(pair[0], set()) | self.kinds.get(pair[1], set()) or {"none"}

    def traits_of(self, pair: Pair) -> set[str]:
        """Return what else is known of the two, {"none"} for nothing."""
        return self.traits.get(pair[0], set()) | self.traits.get(pair[1], set()) or {"none"}


def judge(project: Path) -> dict[str, Any]:
    """Return all figures of the newest linked round of ``project``."""
    links = sorted(project.glob("rounds/*/link/links.parquet"))
    if not links:
        raise FileNotFoundError(f"{project}: no round has been linked")
    truth, newest = Truth(project), links[-1].parent
    decided, others = read_decisions(newest / "links.parquet", truth)
    same = {pair for pair, decision in decided.items() if decision == "same"}
    seen = {pair for pair, decision in decided.items() if decision != "different"}
    clustered = read_clusters(newest / "clusters.parquet", truth)
    facts = read_facts(newest.parent / "tables" / "person.parquet")
    return {
        "links": figures(truth, same).told(),
        "clusters": figures(truth, clustered).told(),
        "candidates": figures(truth, seen).told(),
        "review": len(seen) - len(same),
        "links_not_of_persons": others,
        "forbidden": len(forbidden(same, facts)),
        "forbidden_by_id": len(forbidden(same, _by_number(facts))),
        "forbidden_in_clusters": len(forbidden(clustered, facts)),
        "by_kind": _by(truth.kinds_of, truth, same, seen),
        "by_trait": _by(truth.traits_of, truth, same, seen),
    }


def figures(truth: Truth, linked: set[Pair]) -> Figures:
    """Return how ``linked`` stands to the truth."""
    return Figures(len(truth.pairs), len(linked), len(linked & truth.pairs))


def read_decisions(file: Path, truth: Truth) -> tuple[dict[Pair, str], int]:
    """Return the decision on every pair of persons, and how many rows are about something else."""
    columns = ["left_system", "left_key", "right_system", "right_key", "decision"]
    table = pq.read_table(file, columns=columns)
    table = table.filter(pc.not_equal(table["decision"], "different"))
    decided: dict[Pair, str] = {}
    others = 0
    for left_system, left_key, right_system, right_key, decision in zip(
        *(table[name].to_pylist() for name in columns), strict=True
    ):
        if decision not in _RANK:
            raise ValueError(f"{file}: the decision {decision!r} is none of {', '.join(_RANK)}")
        left, right = (left_system, left_key), (right_system, right_key)
        if left not in truth.person or right not in truth.person:
            others += 1
            continue
        if left == right:
            raise ValueError(f"{file}: {left} is linked with itself")
        pair = _pair(left, right)
        if pair not in decided or _RANK[decision] > _RANK[decided[pair]]:
            decided[pair] = decision
    return decided, others


def read_clusters(file: Path, truth: Truth) -> set[Pair]:
    """Return every pair of records of persons that share a cluster."""
    members: dict[Any, set[Key]] = {}
    home: dict[Key, Any] = {}
    table = pq.read_table(file, columns=["cluster", "system", "key"])
    for cluster, system, key in zip(*(column.to_pylist() for column in table.columns), strict=True):
        record = (system, key)
        if record in truth.person:
            if home.setdefault(record, cluster) != cluster:
                raise ValueError(f"{file}: {record} is in two clusters")
            members.setdefault(cluster, set()).add(record)
    return {_pair(*two) for keys in members.values() for two in combinations(keys, 2)}


def read_facts(file: Path) -> dict[Key, Facts]:
    """Return what every record of the staged table of persons says."""
    names = ["system", "person_no", "id_number", "birth_date", "sex"]
    present = set(pq.read_schema(file).names)
    table = pq.read_table(file, columns=[name for name in names if name in present])
    found = {}
    for row in table.to_pylist():
        number = row.get("id_number")
        birth, sex = row.get("birth_date"), row.get("sex")
        # 9: not told.
        found[row["system"], row["person_no"]] = Facts(
            normalise(number) if is_valid_id_number(number) else None,
            birth.isoformat() if birth else _iso(number),
            sex if sex in ("1", "2") else id_sex(number),
        )
    return found


def forbidden(linked: set[Pair], facts: dict[Key, Facts]) -> list[Pair]:
    """Return the pairs with two different valid numbers, two different births and both sexes."""
    found = []
    for pair in linked:
        left, right = (facts[key] for key in pair)
        differ = [(left.number, right.number), (left.birth, right.birth), (left.sex, right.sex)]
        if all(one and other and one != other for one, other in differ):
            found.append(pair)
    return found


def _by_number(facts: dict[Key, Facts]) -> dict[Key, Facts]:
    return {key: Facts(one.number, _iso(one.number), id_sex(one.number)) for key, one in facts.items()}


def _iso(number: str | None) -> str | None:
    birth = id_birth(number)
    return birth.isoformat() if birth else None


def _by(labels: Any, truth: Truth, same: set[Pair], seen: set[Pair]) -> dict[str, dict[str, float | int]]:
    """Return, by label, true pairs, how many were linked and seen, and the false pairs that were linked."""
    found: dict[str, dict[str, float | int]] = {}
    for pair in truth.pairs | same:
        for label in labels(pair):
            row = found.setdefault(label, {"true_pairs": 0, "right": 0, "seen": 0, "wrong": 0})
            if pair in truth.pairs:
                row["true_pairs"] += 1
                row["right"] += pair in same
                row["seen"] += pair in seen
            else:
                row["wrong"] += 1
    for row in found.values():
        pairs = row["true_pairs"]
        row["recall"] = round(row["right"] / pairs, 5) if pairs else 1.0
    return dict(sorted(found.items()))


def _pair(one: Key, other: Key) -> Pair:
    return (one, other) if one < other else (other, one)

"""Which records are to become one, and in which order: local pairs first, then pairs across regions (先本地后异地).

Two records of one system in one cluster of the link are a duplicate; clerks may name further pairs in a list. Of the
records of one person the best number survives within each pooling area, then over all; a pair whose numbers take part
in an earlier one waits for it.

Invariant: no number takes part in two pairs of which neither waits; a pair across regions waits for every local one of
the same person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import duckdb

from renshe.engine.decisions.merges import Number
from renshe.engine.decisions.terms import Scope
from renshe.engine.mending.refusals import MendingError
from renshe.engine.rounds.finished import Finished
from renshe.engine.schema import system_kind
from renshe.standards.masks import mask_serial
from renshe.standards.regions import is_known_region, lineage

SAME = "same"
_LISTED = "清单指定"
_INDIRECT = "经其他记录关联为同一人"


@dataclass(frozen=True, slots=True)
class Group:
    """The numbers of one person in one system, as the link found them."""

    cluster: str
    system: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Links:
    """What a link says: the duplicates, members of clusters in other systems, decisions on pairs of one system."""

    groups: tuple[Group, ...] = ()
    members: Mapping[str, tuple[Number, ...]] | None = None
    direct: Mapping[tuple[str, str, str], tuple[str, str]] | None = None

    def says(self, system: str, one: str, other: str) -> tuple[str, str] | None:
        """Return decision and reason of the link between two numbers; None where they are not linked directly."""
        direct = self.direct or {}
        return direct.get((system, one, other)) or direct.get((system, other, one))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two numbers of one person in a system: ``old`` goes, ``new`` stays. ``waits`` names the earlier pair, if any."""

    system: str
    old: str
    new: str
    scope: Scope
    regions: tuple[str, str]
    cluster: str | None
    why: str
    waits: tuple[str, str] | None = None

    @property
    def numbers(self) -> tuple[Number, Number]:
        """Return both numbers with their system."""
        return (self.system, self.old), (self.system, self.new)


def read_links(finished: Finished) -> Links:
    """Return what the link of a round says of its persons; nothing where there is none.

    ProjectError where it is damaged.
    """
    if not finished.has_link():
        return Links()
    with duckdb.connect(":memory:", config={"memory_limit": "1100MB"}) as con:
        finished.open_tables(con)
        finished.open_link(con)
        con.execute(
            "CREATE TABLE twice AS SELECT cluster, system, list(DISTINCT key ORDER BY key) AS numbers FROM clusters c"
            " WHERE EXISTS (FROM t_person p WHERE p.system = c.system AND p.person_no = c.key)"
            " GROUP BY ALL HAVING count(DISTINCT key) > 1"
        )
        twice = con.execute("SELECT cluster, system, numbers FROM twice ORDER BY ALL").fetchall()
        others = con.execute(
            "SELECT cluster, system, key FROM clusters SEMI JOIN twice USING (cluster) ORDER BY ALL"
        ).fetchall()
        direct = con.execute(
            "SELECT left_system, left_key, right_key, decision, why FROM links WHERE left_system = right_system"
            " AND (left_system, left_key) IN (SELECT (system, unnest(numbers)) FROM twice)"
        ).fetchall()
    members: dict[str, list[Number]] = {}
    for cluster, system, key in others:
        members.setdefault(cluster, []).append((system, key))
    return Links(
        # Records of systems that are only compared with are nobody's to merge.
        tuple(Group(name, owner, tuple(own)) for name, owner, own in twice if system_kind(owner) == "business"),
        {cluster: tuple(own) for cluster, own in members.items()},
        {(system, one, other): (decision, why or "") for system, one, other, decision, why in direct},
    )


def pooling_area(region: str | None, agency: str | None, own: str) -> str:
    """Return the pooling area of a record by its region, else its agency: the project's own, or a prefecture."""
    for code in (region, (agency or "")[:6]):
        if code and is_known_region(code):
            return own if own in lineage(code[:6]) else f"{code[:4]}00"
    return own


class Chooser:
    """Makes pairs of the numbers of one person; ``rank`` sorts numbers, the best first, ``area`` is a pooling area."""

    def __init__(
        self, links: Links, rank: Callable[[Number], tuple[object, ...]], area: Callable[[Number], str]
    ) -> None:
        self.links = links
        self.rank = rank
        self.area = area
        self.doubtful = 0

    def pairs(self, group: Group) -> list[Pair]:
        """Return the pairs that make one record of a group: within each pooling area, then across."""
        areas: dict[str, list[str]] = {}
        for number in sorted(group.numbers, key=lambda number: self.rank((group.system, number))):
            areas.setdefault(self.area((group.system, number)), []).append(number)
        found = [self._pair(group, number, best) for best, *rest in areas.values() for number in rest]
        # The best of all areas comes first: numbers were taken in the order of their rank.
        first, *others = [numbers[0] for numbers in areas.values()]
        found += [self._pair(group, number, first) for number in others]
        return [pair for pair in found if pair is not None]

    def _pair(self, group: Group, old: str, new: str) -> Pair | None:
        told = self.links.says(group.system, old, new)
        if told is not None and told[0] != SAME:
            self.doubtful += 1
            return None
        why = told[1] if told is not None else _INDIRECT
        return self.pair(group.system, old, new, group.cluster, why)

    def pair(self, system: str, old: str, new: str, cluster: str | None, why: str) -> Pair:
        """Return the pair of two numbers."""
        regions = (self.area((system, old)), self.area((system, new)))
        return Pair(system, old, new, "local" if regions[0] == regions[1] else "cross", regions, cluster, why)

    def listed(self, system: str, old: str, new: str) -> Pair:
        """Return a pair that clerks name."""
        groups = (group for group in self.links.groups if group.system == system and {old, new} & {*group.numbers})
        return self.pair(system, old, new, next((group.cluster for group in groups), None), _LISTED)


def in_order(pairs: Iterable[Pair]) -> list[Pair]:
    """Return pairs in the order in which they are to be merged.

    A pair waits for an earlier one that has a number of it; one across regions for every local one of the same person.
    """
    first: dict[Number, tuple[str, str]] = {}
    local: dict[tuple[str, str], tuple[str, str]] = {}
    ordered: list[Pair] = []
    for pair in sorted(pairs, key=lambda one: (one.scope != "local", one.system, one.cluster or "", one.new, one.old)):
        earlier = [first[number] for number in pair.numbers if number in first]
        if pair.cluster is not None:
            person = (pair.system, pair.cluster)
            if pair.scope == "cross" and person in local:
                earlier.append(local[person])
            elif pair.scope == "local":
                local.setdefault(person, (pair.old, pair.new))
        ordered.append(replace(pair, waits=earlier[0] if earlier else None))
        for number in pair.numbers:
            first.setdefault(number, (pair.old, pair.new))
    return ordered


def without_repeats(pairs: Sequence[Pair]) -> list[Pair]:
    """Return each pair once, the first that names its two numbers."""
    kept: dict[tuple[str, frozenset[str]], Pair] = {}
    for pair in pairs:
        kept.setdefault((pair.system, frozenset((pair.old, pair.new))), pair)
    return list(kept.values())


def require_known(numbers: Iterable[Number], known: Mapping[Number, object], merged: Mapping[Number, str]) -> None:
    """Raise MendingError where a list names a number that no valid record has."""
    for system, number in numbers:
        if system_kind(system) == "compare":
            raise MendingError(f"名单中的系统 {system} 只供比对，不能合并；请写业务系统的编号")
        shown = mask_serial(number)
        if (system, number) in merged:
            raise MendingError(
                f"名单中的个人编号 {shown}（{system}）已并入 {mask_serial(merged[system, number])}；"
                "请改写保留的编号，或从名单中删去"
            )
        if (system, number) not in known:
            raise MendingError(
                f"名单中的个人编号 {shown}（{system}）在最新一轮的人员表中没有有效记录；请核对系统和编号"
            )

"""What must be settled before two numbers may be made one.

Rule (S1-41 对应的合并规则和条件; S1-40 合并重复数据…先本地后异地; 白社保〔2021〕22号 三（七）): each condition is
declared with its source and what to do; other lines declare theirs (a benefit that both receive). A pair that fails one
is not merged. Of a pair from two regions each is first made one with whom he nearly surely is in his own.

Invariant: conditions are asked when the case is handed in and once more when its effect is carried out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils import timezone

from renshe.modules.registry.cards import card_now
from renshe.modules.registry.duplicates import near
from renshe.modules.registry.life import BIRTH, DEAD, states, states_now
from renshe.modules.registry.models import Apart, Merged, Person
from renshe.standards.identity import canonical17, id_state

Holds = Callable[[Person, Person], bool]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why two numbers may not be made one (yet), whence that follows, and what to do."""

    id: str
    title: str
    source: str
    remedy: str


_KNOWN: dict[str, tuple[Obstacle, Holds]] = {}


def merge_condition(id: str, title: str, *, source: str, remedy: str) -> Callable[[Holds], Holds]:
    """Declare that two numbers may not be made one while the function that this decorates says so of old and kept."""

    def declare(stands: Holds) -> Holds:
        if id in _KNOWN:
            raise ValueError(f"{id} is declared twice")
        _KNOWN[id] = (Obstacle(id, title, source, remedy), stands)
        return stands

    return declare


def obstacles(old: Person, kept: Person) -> list[Obstacle]:
    """Return what stands against making ``old`` and ``kept`` one."""
    return [told for told, stands in _KNOWN.values() if stands(old, kept)]


@merge_condition(
    "registry.merged",
    "其中一个编号已并入其他编号",
    source="GB/T 40217-2021 §4.2（AAC001 系统内唯一）",
    remedy="请用保留的编号办理，或先撤销合并",
)
def _merged(old: Person, kept: Person) -> bool:
    return old.pk == kept.pk or Merged.objects.filter(old__in=[old, kept], undone_case=None).exists()


@merge_condition(
    "registry.two_ids",
    "两个有效而不同的证件号码",
    source="GB 11643-1999；居民身份证法",
    remedy="不是同一人的，请认定为两人；确是同一人的，先以居民身份证为准更正证件号码",
)
def _two_ids(old: Person, kept: Person) -> bool:
    proved = all(id_state(one.id_number) in ("valid", "old") for one in (old, kept))
    return proved and canonical17(old.id_number) != canonical17(kept.id_number)


@merge_condition(
    "registry.apart",
    "已认定为两人",
    source="白社保〔2021〕22号 三（七）",
    remedy="请核对；认定有误的，先撤销认定",
)
def _apart(old: Person, kept: Person) -> bool:
    one, other = sorted((old.pk, kept.pk))
    return Apart.objects.filter(one=one, other=other).exists()


@merge_condition(
    "registry.states",
    "两个编号的人生状态互相矛盾",
    source="人一生的状态只有一个（S4-27）",
    remedy="请先办理人生状态登记、死亡登记或死亡撤销，使两个编号的状态一致",
)
def _states(old: Person, kept: Person) -> bool:
    """Whether one is dead and the other is not, or both are in states that exclude each other."""
    mine, theirs = ({one for one in states_now(who.pk) if not states()[one].beside} for who in (old, kept))
    return (DEAD in mine) != (DEAD in theirs) or bool(mine - {BIRTH} and theirs - {BIRTH} and mine != theirs)


@merge_condition(
    "registry.cards",
    "两个编号都有在用的社会保障卡",
    source="一人一卡（S4-1）",
    remedy="请先注销其中一张卡",
)
def _cards(old: Person, kept: Person) -> bool:
    return card_now(old.pk) is not None and card_now(kept.pk) is not None


@merge_condition(
    "registry.local_first",
    "本地另有应先办的合并",
    source="白社保〔2021〕22号 三（七）先本地后异地",
    remedy="请先办理本地的合并；不是同一人的，请认定为两人",
)
def _local_first(old: Person, kept: Person) -> bool:
    """Whether one of a pair of two regions nearly surely has a double at home."""
    if old.region_id == kept.region_id:
        return False
    today = timezone.localdate()
    for who, other in ((old, kept), (kept, old)):
        at_home = Person.objects.filter(region=who.region_id)
        sure = {number for number, decision in near(who, at_home, today) if decision == "same"}
        if sure - {other.pk}:
            return True
    return False

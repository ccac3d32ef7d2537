"""What the registered name of a unit is made of: region, name proper, legal form and branch.

Rule: 企业名称登记管理规定 (国务院令第734号): a name consists of region, trade name, line of business and legal form
(art. 6), and a branch bears the name of its enterprise with 分公司, 分厂, 分店 or the like behind it. Clerks write the
region with or without the province and with or without 市, the form in full or short, a branch behind the name or in
brackets.

- ``region`` is the code (GB/T 2260) of the last place that the name tells: that of the branch, else one in brackets
  (兴达（白城）商贸), else that at the beginning (``region_words``).
- ``core`` is what is left: trade name and line of business, or 第一中学. It is never empty: where nothing would be
  left, the region stays in it. Names of one unit have one core (白城第一中学, 吉林省白城市第一中学); so may different
  units, whose regions, forms or branches differ.
- ``form`` is the legal form in one spelling: 有限公司 also for 有限责任公司, 股份有限公司 for 股份公司, 合作社 for
  农民专业合作社.
- ``branch`` is what stands behind the form, or in brackets at the end of the name, without its region.

Other brackets (集团, 中国) belong to the core. Traditional characters are folded to simplified ones, the rest as in
``text.unit_name_key``.

Invariants: a name has parts where it has a key; the bulk twin gives for every row what the scalar gives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from renshe.standards.folding import simplified, simplified_array
from renshe.standards.region_words import region_named, split_last_region, split_region
from renshe.standards.text import clean_name, unit_name_key, unit_name_keys

# Endings and the form they tell, the longer before what they end with.
_FORMS = {
    "股份有限公司": "股份有限公司",
    "股份公司": "股份有限公司",
    "有限公司": "有限公司",
    "总公司": "总公司",
    "公司": "公司",
    "总厂": "总厂",
    "厂": "厂",
    "农民专业合作社联合社": "联合社",
    "合作联社": "联合社",
    "联合社": "联合社",
    "农民专业合作社": "合作社",
    "专业合作社": "合作社",
    "合作社": "合作社",
    "合伙企业": "合伙企业",
    "个人独资企业": "个人独资企业",
    "个体工商户": "个体工商户",
    "个体户": "个体工商户",
}
_ENDINGS = {last: tuple(end for end in _FORMS if end[-1] == last) for last in {end[-1] for end in _FORMS}}

# Behind a whole name (the last one that has something behind it) stands its branch.
_OWNER = re.compile("(..+(?:有限公司|股份公司|集团公司|总公司|联社))((?!.*(?:有限公司|股份公司)$).+)")
_BRANCHES = ("分公司", "支公司", "分行", "支行", "分理处", "分社", "分店", "分厂")
_BRANCH = re.compile(f"(?:中心|营业|城区)?(?:{'|'.join(_BRANCHES)})$")

_BRACKETS = re.compile(r"[(（\[［【〔]([^()（）\[\]［］【】〔〕]*)(?:[)）\]］】〕]|$)")
_FORMS_IN_BRACKETS = {
    "普通合伙": "合伙企业",
    "有限合伙": "合伙企业",
    "特殊普通合伙": "合伙企业",
    "个人独资": "个人独资企业",
    "个体工商户": "个体工商户",
    "个体": "个体工商户",
}
_OF_THE_CORE = frozenset("集团 中国 国际 控股 股份 有限 有限责任".split())

_PLAIN = "^[㐀-䶿一-鿿]+$"


@dataclass(frozen=True, slots=True)
class UnitName:
    """The parts of a unit's name (see the module); ``region`` is a code of six digits."""

    region: str | None
    core: str
    form: str | None
    branch: str | None


@dataclass(frozen=True, slots=True)
class UnitNames:
    """The parts of a column of names, row by row, as text; null where ``UnitName`` has None or a row has no name."""

    region: pa.StringArray
    core: pa.StringArray
    form: pa.StringArray
    branch: pa.StringArray


_Parts = tuple[str | None, str, str | None, str | None]


def fold_unit_name(text: str | None) -> UnitName | None:
    """Return the parts of a unit's name (see the module); None for what is no name."""
    parts = _folded(text)
    return None if parts is None else UnitName(*parts)


def fold_unit_names(array: Any) -> UnitNames:
    """Bulk twin of ``fold_unit_name``."""
    encoded = simplified_array(array).dictionary_encode()
    names = encoded.dictionary
    plain = pc.match_substring_regex(names, _PLAIN)
    # Most names are nothing but Chinese characters: their keys are had for a column at once.
    keys = iter(unit_name_keys(names.filter(plain)).to_pylist())
    columns: tuple[list[str | None], ...] = ([], [], [], [])
    regions, cores, forms, branches = columns
    for name, is_plain in zip(names.to_pylist(), plain.to_pylist(), strict=True):
        region, core, form, branch = _split(next(keys)) if is_plain else _folded(name) or (None,) * 4
        regions.append(region)
        cores.append(core)
        forms.append(form)
        branches.append(branch)
    return UnitNames(*(pa.array(column, pa.string()).take(encoded.indices) for column in columns))


def _folded(text: str | None) -> _Parts | None:
    """The parts of a name, however it is written."""
    name = clean_name(text)
    if name is None:
        return None
    name = simplified(name)
    key, place, form, branch = _unbracketed(name)
    if key is None:
        key = unit_name_key(name)
        return None if key is None else _split(key)
    region, core, own_form, own_branch = _split(key, place)
    return region, core, form or own_form, (own_branch or "") + branch or None


def _unbracketed(name: str) -> tuple[str | None, str | None, str | None, str]:
    """The key of a name without what its brackets tell, and this: a place, a form and (at the end) a branch, or ""."""
    kept, at = [], 0
    place = form = None
    branch = ""
    for bracket in _BRACKETS.finditer(name):
        kept.append(name[at : bracket.start()])
        at = bracket.end()
        inner = unit_name_key(bracket[1])
        if inner is None:
            continue
        if inner in _FORMS_IN_BRACKETS:
            form = _FORMS_IN_BRACKETS[inner]
        elif code := region_named(inner):
            place = code
        elif inner in _OF_THE_CORE or unit_name_key(_BRACKETS.sub("", name[at:])) is not None:
            kept.append(inner)
        else:
            code, inner = split_region(inner)
            place, branch = code or place, branch + inner
    return unit_name_key("".join([*kept, name[at:]])), place, form, branch


def _split(key: str, bracketed: str | None = None) -> _Parts:
    """The parts of a name without brackets, given as its key; ``bracketed``: the place that its brackets told."""
    place = branch = None
    # Looked for at first as plain text: few names have a branch.
    inside = key[:-1]
    if ("公司" in inside or "联社" in inside) and (owner := _OWNER.fullmatch(key)):
        key = owner[1]
        place, branch = split_region(owner[2])
    elif key.endswith(_BRANCHES) and (tail := _BRANCH.search(key)) and tail.start() > 1:
        branch = tail[0]
        key, place = split_last_region(key[: tail.start()])
    ending = _ending(key)
    region, core = split_region(key[: len(key) - len(ending)], len(ending))
    return place or bracketed or region, core, _FORMS.get(ending), branch


def _ending(key: str) -> str:
    """The legal form at the end of a name as it is written there, or ""; a name that is nothing else has none."""
    if key not in _FORMS:
        for ending in _ENDINGS.get(key[-1], ()):
            if key.endswith(ending):
                return ending
    return ""

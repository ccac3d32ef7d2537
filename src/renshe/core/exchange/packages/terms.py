"""The terms of an agreement, as they are written down: what travels, in which form, how often, by which way.

Rule (S3-36 明确交换的内容、渠道和周期): content (fields and their codes), channel and cycle are stated, and traffic
outside them is refused; what may not leave is named, and no field of it is among those that travel.

Terms are text in YAML that people agree on and keep by version. ``partner`` and number stand beside it.

Invariant: terms that were read can be kept to: every field and code list is known, every column is there once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal, get_args

import yaml

from renshe.core.exchange.packages.content import layout_problems
from renshe.core.exchange.packages.manifest import Media
from renshe.standards import dictionary
from renshe.standards.codes import code_list_names
from renshe.standards.dictionary import FieldType
from renshe.standards.masks import ADDRESS_FIELDS, ID_FIELDS, NAME_FIELDS, TAIL_FIELDS

Direction = Literal["out", "in"]
Way = Literal["directory", "sftp", "https", "hand"]
Every = Literal["day", "week", "month", "demand"]
_MOST_DAY = {"day": 1, "week": 7, "month": 28, "demand": 1}
_TYPES = get_args(FieldType.__value__ if hasattr(FieldType, "__value__") else FieldType)
_KNOWN = {
    "content", "direction", "fields", "key", "sums", "media", "layout", "schema", "every", "day", "suite", "sealed",
    "channel", "answers_within", "never", "returns", "bare", "verified",
}  # fmt: skip
_PERSONAL = NAME_FIELDS | TAIL_FIELDS | ID_FIELDS | ADDRESS_FIELDS
ANSWERS = ("place", "key", "fate", "said")
"""What answers carry of each record: its place in its batch, from 1, its key, what became of it, and why."""
_OF_FIELD = {"field", "as", "label", "type", "length", "required", "codes", "list"}


class TermsRefused(Exception):
    """Terms that cannot be kept to; ``problems`` says in Chinese where and why."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("；".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Column:
    """One column that travels. ``name``: how ours is called (a field of the dictionary where it is one); ``header``:
    how the partner calls it; ``codes``: from our values to the partner's; ``list``: the code list of our values."""

    name: str
    header: str
    label: str
    type: FieldType = "text"
    length: int | None = None
    required: bool = False
    codes: Mapping[str, str] = field(default_factory=dict)
    list: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed on. ``content``: a table of the dictionary, or a name that a line gave to what it hands out or
    takes; ``key``: the columns that identify a record in answers; ``every``, ``day``: when it is due;
    ``answers_within``: working days in which each record is answered (0: none is); ``returns``: what is asked of the
    other side about each record: a batch under such terms is a query, and says for which purpose; ``bare``: what comes
    is the list itself, carried by hand, and no package; ``verified``: only what was reviewed goes out."""

    content: str
    direction: Direction
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    sums: tuple[str, ...] = ()
    media: Media = "parquet"
    layout: Mapping[str, Any] = field(default_factory=dict)
    schema: str = "1"
    every: Every = "demand"
    day: int = 1
    suite: str = "sm"
    sealed: bool = True
    channel: Way = "directory"
    answers_within: int = 0
    never: tuple[str, ...] = ()
    returns: tuple[Column, ...] = ()
    bare: bool = False
    verified: bool = False

    @property
    def headers(self) -> list[str]:
        """The columns as they travel."""
        return [one.header for one in self.columns]

    @property
    def personal(self) -> list[str]:
        """Which columns tell who somebody is."""
        known = _PERSONAL - {"name"} if self.content == "unit" else _PERSONAL
        return [one.label for one in (*self.columns, *self.returns) if one.name in known]

    @property
    def returned(self) -> Terms:
        """The terms by which what is returned is turned and checked."""
        return replace(self, columns=self.returns, key=(), sums=())


@lru_cache(maxsize=256)
def terms_read(text: str) -> Terms:
    """Return the terms that ``text`` is; TermsRefused where they cannot be kept to."""
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise TermsRefused([f"第 {mark.line + 1} 行附近不是正确的 YAML" if mark else "不是正确的 YAML"]) from None
    if not isinstance(told, dict):
        raise TermsRefused(["应为“名称: 值”的各行"])
    problems = [f"没有“{name}”这一项" for name in told if name not in _KNOWN]
    columns = tuple(_columns(told, "fields", problems))
    returns = tuple(_columns(told, "returns", problems)) if "returns" in told else ()
    problems += [*_of_whole(told, columns), *_of_returns(told, returns)]
    if problems:
        raise TermsRefused(problems)
    return Terms(
        content=told["content"],
        direction=told["direction"],
        columns=columns,
        key=tuple(told["key"]),
        sums=tuple(told.get("sums", ())),
        never=tuple(told.get("never", ())),
        returns=returns,
        schema=str(told.get("schema", "1")),
        **{name: told[name] for name in _PLAIN if name in told},
    )


_PLAIN = ("media", "layout", "every", "day", "suite", "sealed", "channel", "answers_within", "bare", "verified")


def _columns(told: dict[str, Any], name: str, problems: list[str]) -> Iterator[Column]:
    """Yield the columns listed as ``name``; add to ``problems`` what is wrong with them."""
    listed, seen = told.get(name), set()
    if not isinstance(listed, list) or not listed:
        problems.append(f"{name}：没有列出要交换的各列")
        return
    for at, one in enumerate(listed, 1):
        where = f"{name} 第 {at} 列"
        if not isinstance(one, dict) or not isinstance(one.get("as", one.get("field")), str):
            problems.append(f"{where}：应写明 field（数据字典中的项目）或 as（列名）")
            continue
        problems += [f"{where}：没有“{item}”这一项" for item in one if item not in _OF_FIELD]
        made = _column(told.get("content"), one)
        if isinstance(made, str):
            problems.append(f"{where}：{made}")
            continue
        if made.header in seen or made.name in seen:
            problems.append(f"{where}：与前面的列重复")
        seen |= {made.header, made.name}
        yield made


def _column(content: object, one: dict[str, Any]) -> Column | str:
    """Return the column, or what is wrong with it."""
    header, codes = str(one.get("as", one.get("field"))), one.get("codes", {})
    if not isinstance(codes, dict) or len(set(map(str, codes.values()))) < len(codes):
        return "codes 应为“我方的值: 对方的值”，对方的值不能重复"
    more: dict[str, Any] = {
        "header": header,
        "required": bool(one.get("required", False)),
        "codes": {str(ours): str(theirs) for ours, theirs in codes.items()},
    }
    if "field" not in one:
        if one.get("type", "text") not in _TYPES:
            return f"type 应为 {'、'.join(_TYPES)} 之一"
        if one.get("list") not in (None, *code_list_names()):
            return f"没有代码表 {one['list']}"
        own = {name: one[name] for name in ("type", "length", "list") if name in one}
        return Column(header, label=str(one.get("label", header)), **own, **more)
    try:
        known = dictionary.table(str(content)).field(one["field"])
    except KeyError:
        return f"数据字典的表 {content} 中没有项目 {one['field']}"
    return Column(known.name, label=known.label, type=known.type, length=known.length, list=known.codes, **more)


def _of_whole(told: dict[str, Any], columns: tuple[Column, ...]) -> Iterator[str]:
    """Yield what is wrong with the terms beside their columns."""
    headers = {one.header: one for one in columns}
    if not isinstance(told.get("content"), str):
        yield "content：没有写明交换的内容"
    for name, allowed in (
        ("direction", get_args(Direction)),
        ("media", get_args(Media)),
        ("every", get_args(Every)),
        ("suite", ("sm", "intl")),
        ("channel", get_args(Way)),
    ):
        if (name in told or name == "direction") and told.get(name) not in allowed:
            yield f"{name}：应为 {'、'.join(allowed)} 之一"
    for name in ("key", "sums", "never"):
        value = told.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            yield f"{name}：应为列名的列表"
        elif name != "never" and (unknown := [one for one in value if one not in headers]):
            yield f"{name}：没有列“{unknown[0]}”"
    if not told.get("key"):
        yield "key：没有写明用哪些列认出一条记录"
    if isinstance(told.get("sums"), list):
        yield from (
            f"sums：“{one}”不是金额或数量"
            for one in told["sums"]
            if one in headers and headers[one].type not in ("money", "int")
        )
    if isinstance(told.get("never"), list):
        yield from (f"never：“{one.header}”不得送出，却列在各列之中" for one in columns if one.name in told["never"])
    for name in ("sealed", "bare", "verified"):
        if not isinstance(told.get(name, True), bool):
            yield f"{name}：应为 true 或 false"
    if told.get("bare") and (
        told.get("direction") != "in" or told.get("channel") != "hand" or told.get("answers_within")
    ):
        yield "bare：只用于手工（channel: hand）收进、不需答复的名单"
    if not isinstance(told.get("layout", {}), dict):
        yield "layout：应为“名称: 值”的各行"
    elif told.get("media", "parquet") in get_args(Media):
        yield from layout_problems(told.get("media", "parquet"), told.get("layout", {}), list(headers))
    most = _MOST_DAY.get(str(told.get("every")), 1)
    for name, least, highest in (("day", 1, most), ("answers_within", 0, 250)):
        value = told.get(name, least)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= highest:
            yield f"{name}：应为 {least} 到 {highest} 的整数"


def _of_returns(told: dict[str, Any], returns: tuple[Column, ...]) -> Iterator[str]:
    """Yield what is wrong with what is asked about each record."""
    yield from (f"returns：列名不能是“{one.header}”" for one in returns if one.header in ANSWERS)
    listed = told.get("never")
    never = listed if isinstance(listed, list) else []
    if told.get("direction") == "in":
        yield from (f"never：“{one.header}”不得送出，却列在返回的各列之中" for one in returns if one.name in never)
    if returns and told.get("answers_within") in (None, 0):
        yield "answers_within：要求返回信息的，应写明几个工作日内答复"

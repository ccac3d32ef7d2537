"""The rule catalogue: rules as data, with everything a clerk, a planner and an auditor need to know of them.

Source: 白社保〔2021〕22号 (seven classes, severities), GB/T 40217-2021 (quality standards). A rule names its legal
source, its remedy and the department that mends; provinces add packs of the same form (S1-10).

Invariant: a loaded catalogue is sound: ids are unique, prerequisites exist and have no cycle (S1-17), every expression
compiles. What is not sound is refused with file, rule and place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

import yaml

from renshe.engine.rules.expression import names, parse
from renshe.standards.dictionary import dictionary


class Loader(yaml.CSafeLoader):
    """YAML in which ``on``, ``yes`` and ``no`` are words: only true and false are truth values."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))

# The rules of merging (``rules.merge_rules``): they judge pairs of records, and count for the version like all others.
MERGING = "_merging.yaml"
Severity = Literal["must_fix", "optional"]
CLASSES = ("junk", "terminated", "base_info", "empty", "missing", "logic", "duplicate")
DIMENSIONS = (
    "truth",
    "accuracy",
    "completeness",
    "correctness",
    "consistency",
    "uniqueness",
    "uniformity",
    "timeliness",
    "security",
)


class CatalogueError(ValueError):
    """The catalogue or a pack cannot be used. The text is one Chinese line: file, rule, place, remedy."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What a rule looks at beyond its own row.

    ``on`` pairs expressions over the judged row with expressions over ``table``; ``take`` maps a name to an aggregate
    (empty: a look-up); ``system`` is None for the row's own, a name, ``"*"`` for every business system or ``"other"``.
    """

    table: str
    on: tuple[tuple[str, str], ...]
    where: str | None = None
    take: tuple[tuple[str, str], ...] = ()
    system: str | None = None

    @property
    def by_row(self) -> bool:
        """Whether the condition speaks of the judged row (``my.x``): then each row has its own related rows."""
        return self.where is not None and any(name == "my" for name, _ in names(parse(self.where)))


@dataclass(frozen=True, slots=True)
class Unique:
    """Rows that share these values with another row."""

    by: tuple[str, ...]
    differ: tuple[str, ...] = ()
    at_least: int = 2
    across: bool = False


@dataclass(frozen=True, slots=True)
class Overlap:
    """Rows of a group whose periods overlap."""

    by: tuple[str, ...]
    start: str
    end: str
    differ: tuple[str, ...] = ()
    across: bool = False


@dataclass(frozen=True, slots=True)
class Net:
    """A failing row is only a finding where the net of its group fails too."""

    by: tuple[str, ...]
    fail: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Exactly one of ``fail``, ``unique``, ``overlap`` says what is wrong; ``generic`` ones are built in."""

    id: str
    table: str
    field: str | None
    title: str
    severity: Severity
    class_: str
    dimensions: tuple[str, ...]
    source: str
    remedy: str
    department: str
    requires: tuple[str, ...] = ()
    where: str | None = None
    fail: str | None = None
    unique: Unique | None = None
    overlap: Overlap | None = None
    net: Net | None = None
    generic: str | None = None
    judge: str | None = None
    relations: tuple[tuple[str, Relation], ...] = ()
    expected: str | None = None
    message: str | None = None
    dq: tuple[str, ...] = ()
    examples: Mapping[str, list[Any]] = attribute(default_factory=dict, hash=False, compare=False)
    origin: str = ""

    def relation(self, name: str) -> Relation:
        """Return the relation called ``name``; KeyError when the rule has none."""
        return dict(self.relations)[name]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All rules by id, in an order in which every rule comes after its prerequisites, and the text's digest.

    ``packs`` says of each pack who issued it in which version, for the manifest.
    """

    rules: Mapping[str, Rule]
    version: str
    packs: tuple[Mapping[str, str], ...] = ()

    def of(self, table: str) -> list[Rule]:
        """Return the rules that judge rows of ``table``."""
        return [rule for rule in self.rules.values() if rule.table == table]

    def only(self, names: Iterable[str]) -> Catalogue:
        """Return the rules ``names`` with their prerequisites; KeyError where there is no such rule."""
        wanted: set[str] = set()
        ahead = list(names)
        while ahead:
            name = ahead.pop()
            if name not in wanted:
                wanted.add(name)
                ahead += self.rules[name].requires
        return Catalogue({name: found for name, found in self.rules.items() if name in wanted}, self.version)


_KEYS = frozenset(
    "id title field where fail unique differ at_least across overlap net with judge expected severity class dimensions"
    " source remedy department requires message examples dq generic".split()
)
_TEXTS = "id title field where fail judge expected severity class source remedy department message generic".split()
_FORM = "结构不对：文件开头应写 table: 表名，再写 rules:，其下是以“- ”列出的规则；写法见 docs/rules.md"
_REQUIRED = ("id", "title", "severity", "class", "dimensions", "source", "remedy")


def _tuple(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(item) for item in value)


def _are_examples(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) <= {"pass", "fail"}
        and all(isinstance(items, list) and all(isinstance(item, dict) for item in items) for items in value.values())
    )


def _relation(data: Mapping[str, Any]) -> Relation:
    on = data["on"]
    pairs = (
        tuple((str(k), str(v)) for k, v in on.items())
        if isinstance(on, dict)
        else tuple((name, name) for name in _tuple(on))
    )
    return Relation(
        table=data["table"],
        on=pairs,
        where=data.get("where"),
        take=tuple((name, str(text)) for name, text in data.get("take", {}).items()),
        system=data.get("system"),
    )


def _shapes(data: Mapping[str, Any]) -> dict[str, Any]:
    shapes: dict[str, Any] = {}
    if "unique" in data:
        shapes["unique"] = Unique(
            _tuple(data["unique"]), _tuple(data.get("differ")), data.get("at_least", 2), data.get("across", False)
        )
    if "overlap" in data:
        shape = data["overlap"]
        shapes["overlap"] = Overlap(
            _tuple(shape["by"]),
            shape["from"],
            shape["to"],
            _tuple(data.get("differ", shape.get("differ"))),
            data.get("across", False),
        )
    if "net" in data:
        shapes["net"] = Net(_tuple(data["net"]["by"]), data["net"]["fail"])
    return shapes


def _rule(data: Mapping[str, Any], table: str, origin: str) -> Rule:
    name = str(data.get("id", "（无编号）"))
    unknown = set(data) - _KEYS
    if unknown:
        raise CatalogueError(
            f"{origin}：规则 {name} 有不认识的项 {'、'.join(sorted(unknown))}；可用的项见 docs/rules.md"
        )
    lacking = [key for key in _REQUIRED if not data.get(key)]
    if lacking:
        raise CatalogueError(f"{origin}：规则 {name} 缺少 {'、'.join(lacking)}；请补上")
    strange = [key for key in _TEXTS if not isinstance(data.get(key, ""), str)]
    if strange:
        raise CatalogueError(f"{origin}：规则 {name} 的 {'、'.join(strange)} 应为文字；请加引号")
    if not _are_examples(data.get("examples", {})):
        raise CatalogueError(f"{origin}：规则 {name} 的 examples 应为 pass 和 fail 两个列表，每项一行数据")
    if data["class"] not in CLASSES or data["severity"] not in ("must_fix", "optional"):
        raise CatalogueError(f"{origin}：规则 {name} 的 class 或 severity 不在允许的值之内（见 docs/rules.md）")
    if not set(_tuple(data["dimensions"])) <= set(DIMENSIONS):
        raise CatalogueError(f"{origin}：规则 {name} 的 dimensions 只能取 {'、'.join(DIMENSIONS)}")
    said = [key for key in ("fail", "unique", "overlap", "generic") if key in data]
    if len(said) != 1:
        raise CatalogueError(f"{origin}：规则 {name} 应在 fail、unique、overlap 中恰好写一项")
    owner = dictionary()[table].owner if table in dictionary() else "信息管理科"
    return Rule(
        id=name,
        table=table,
        field=data.get("field"),
        title=data["title"],
        severity=data["severity"],
        class_=data["class"],
        dimensions=_tuple(data["dimensions"]),
        source=data["source"],
        remedy=data["remedy"],
        department=data.get("department", owner),
        requires=_tuple(data.get("requires")),
        where=data.get("where"),
        fail=data.get("fail"),
        generic=data.get("generic"),
        judge=data.get("judge"),
        relations=tuple((key, _relation(value)) for key, value in data.get("with", {}).items()),
        expected=data.get("expected"),
        message=data.get("message"),
        dq=_tuple(data.get("dq")),
        examples=data.get("examples", {}),
        origin=origin,
        **_shapes(data),
    )


def read_rules(file: Traversable, origin: str) -> list[Rule]:
    """Return the rules of one file; CatalogueError, naming ``origin`` and rule, where it cannot be read."""
    try:
        data = yaml.load(file.read_text("utf-8"), Loader=Loader)
        if not isinstance(data, dict) or not isinstance(data.get("rules"), list) or "table" not in data:
            raise CatalogueError(f"{origin}：{_FORM}")
        table = data["table"]
        if table != "*" and table not in dictionary():
            raise CatalogueError(f"{origin}：没有标准表 {table}")
        if not all(isinstance(item, dict) for item in data["rules"]):
            raise CatalogueError(f"{origin}：rules 下每条规则应以“- id: 规则编号”开头；写法见 docs/rules.md")
        return [_rule(item, table, origin) for item in data["rules"]]
    except yaml.YAMLError as error:
        raise CatalogueError(f"{origin}：不是合法的 YAML：{' '.join(str(error).split())}") from error
    except UnicodeDecodeError:
        raise CatalogueError(f"{origin}：不是 UTF-8 编码；请另存为 UTF-8") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise CatalogueError(f"{origin}：有规则的结构不对；写法见 docs/rules.md（{error}）") from error


def _ordered(rules: list[Rule]) -> dict[str, Rule]:
    by_id: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in by_id:
            raise CatalogueError(f"{rule.origin}：规则编号 {rule.id} 与 {by_id[rule.id].origin} 中的重复；请改编号")
        by_id[rule.id] = rule
    for rule in rules:
        for needed in rule.requires:
            if needed not in by_id:
                raise CatalogueError(f"{rule.origin}：规则 {rule.id} 的前提 {needed} 不存在")
    try:
        order = TopologicalSorter({rule.id: rule.requires for rule in rules}).static_order()
        return {name: by_id[name] for name in order}
    except CycleError as error:
        circle = error.args[1]
        files = "、".join(sorted({by_id[name].origin for name in circle}))
        raise CatalogueError(f"{files}：规则的前提成环：{' → '.join(circle)}；请去掉其中一个 requires") from None


def build_catalogue(rules: Iterable[Rule], text: bytes, packs: tuple[Mapping[str, str], ...] = ()) -> Catalogue:
    """Return a sound catalogue of ``rules``; ``text`` is what the version digest is taken over."""
    from renshe.engine.rules.scope import check_rule

    ordered = _ordered(list(rules))
    for rule in ordered.values():
        check_rule(rule)
    return Catalogue(ordered, hashlib.sha256(text).hexdigest()[:16], packs)


@lru_cache(maxsize=8)
def load_catalogue(packs: tuple[Path, ...] = ()) -> Catalogue:
    """Return the rules of the house and of ``packs`` (folders of YAML); CatalogueError on the first unsound one."""
    from renshe.engine.rules.packs import read_pack

    rules: list[Rule] = []
    text = b""
    book = resources.files("renshe.engine").joinpath("rulebook")
    for file in sorted(book.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            rules += read_rules(file, file.name) if file.name != MERGING else []
            text += file.read_bytes()
    issued = [read_pack(folder) for folder in packs]
    for pack in issued:
        rules += pack.rules.values()
        text += pack.text
    return build_catalogue(rules, text, tuple(pack.head for pack in issued))

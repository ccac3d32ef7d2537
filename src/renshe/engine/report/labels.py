"""What a report needs to know of a rule, and the Chinese names of classes, groups, dimensions and systems.

Source: 白社保〔2021〕22号 §3 and §7 (seven classes; the four tasks 核实数据问题、修正逻辑差错、补充必要缺项、
合并参保重复; six dimensions of quality) and the county plan (统一、及时、安全). Every class belongs to exactly one of
the four groups (S1-27).

Invariant: every class and dimension has a label, and every rule has one place in ``root_order``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from renshe.standards.regions import region_name


class RuleInfo(Protocol):
    """The part of a rule that a report shows; the catalogue's ``Rule`` has it."""

    @property
    def id(self) -> str: ...
    @property
    def table(self) -> str: ...
    @property
    def field(self) -> str | None: ...
    @property
    def title(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def class_(self) -> str: ...
    @property
    def dimensions(self) -> tuple[str, ...]: ...
    @property
    def source(self) -> str: ...
    @property
    def remedy(self) -> str: ...
    @property
    def department(self) -> str: ...
    @property
    def requires(self) -> tuple[str, ...]: ...


CLASS_LABELS: dict[str, str] = {
    "junk": "垃圾数据",
    "terminated": "误终止",
    "base_info": "基础信息",
    "empty": "空项",
    "missing": "缺失",
    "logic": "逻辑关系",
    "duplicate": "重复",
}
CLASS_TASKS: dict[str, str] = {
    "junk": "清理垃圾数据",
    "terminated": "恢复有效数据",
    "base_info": "修正基础信息",
    "empty": "补录空项数据",
    "missing": "完善缺失数据",
    "logic": "优化数据逻辑关系",
    "duplicate": "合并重复数据",
}
GROUPS: dict[str, tuple[str, ...]] = {
    "修正逻辑差错": ("logic",),
    "补充必要缺项": ("empty", "missing"),
    "合并参保重复": ("duplicate",),
    "核实数据问题": ("junk", "terminated", "base_info"),
}
GROUP_OF: dict[str, str] = {class_: group for group, classes in GROUPS.items() for class_ in classes}
SEVERITY_LABELS: dict[str, str] = {"must_fix": "必改", "optional": "可选"}
DIMENSION_LABELS: dict[str, str] = {
    "truth": "真实性",
    "accuracy": "准确性",
    "completeness": "完整性",
    "correctness": "正确性",
    "consistency": "一致性",
    "uniqueness": "唯一性",
    "uniformity": "统一性",
    "timeliness": "及时性",
    "security": "安全性",
}
STATE_LABELS: dict[str, str] = {"fixed": "修复", "new": "新增", "open": "仍存", "reopened": "复发"}
SYSTEM_LABELS: dict[str, str] = {
    "pension": "养老保险",
    "medical": "医疗保险",
    "unemployment": "失业保险",
    "injury": "工伤保险",
    "maternity": "生育保险",
    "resident": "城乡居民养老",
    "employment": "就业",
    "police": "公安",
    "civil": "民政",
    "market": "市场监管",
    "tax": "税务",
    "cremation": "殡葬",
    "prison": "司法",
    "backup": "历史备份",
    "province": "省级名单",
    "court": "法院",
    "health": "卫生健康",
    "bank": "银行",
    "education": "教育",
    "compare": "比对数据",
}
DECISIONS: tuple[str, ...] = ("更正", "补录", "按规则补录", "采信他方", "剔除", "经核实无误", "退回核实")

COMPARED = "CMP-"
"""With this ids of differences between two systems begin (``comparing.kinds``), and those of no rule."""
DEFAULTED = "按规则补录"
"""A fill by a declared default: told apart from values that somebody gave, by name, wherever it is shown."""
KIND_LABELS: dict[str, str] = {
    "correct": "更正",
    "fill": "补录",
    "resolve": "采信他方",
    "remove": "剔除",
    "accept": "经核实无误",
    "recollect": "退回核实",
    "restore": "恢复",
    "merge": "合并",
    "apart": "不合并",
    "same": "核实为同一人",
    "different": "核实不是同一人",
    "unsure": "无法确定是否同一人",
    "revoke": "撤销",
}
SOURCE_LABELS: dict[str, str] = {
    "contact": "联系核实",
    "default": "按规则补录的默认值",
    "list": "清单填报",
    "revoke": "撤销",
}


def system_label(system: str) -> str:
    """Return the Chinese name of a source system (backup_2020: 历史备份 2020), or its own name if it is a local one."""
    known, _, more = system.partition("_")
    return f"{SYSTEM_LABELS[known]} {more}".rstrip() if known in SYSTEM_LABELS else system


def region_label(code: str) -> str:
    """Return a region as 洮北区 220802, or its code alone where nobody knows it."""
    name = region_name(code)
    return f"{name} {code}" if name else code


def _dependants(rules: Mapping[str, RuleInfo]) -> dict[str, int]:
    """Return how many rules stand, directly or through others, on each rule."""
    waiting: dict[str, list[str]] = {rule: [] for rule in rules}
    for rule in rules.values():
        for needed in rule.requires:
            if needed in waiting:
                waiting[needed].append(rule.id)

    def reach(start: str) -> int:
        seen: set[str] = set()
        stack = [start]
        while stack:
            for other in waiting[stack.pop()]:
                if other not in seen:
                    seen.add(other)
                    stack.append(other)
        return len(seen - {start})

    return {rule: reach(rule) for rule in rules}


def root_order(rules: Mapping[str, RuleInfo]) -> tuple[str, ...]:
    """Return the rule ids, root causes first.

    A rule that others require comes before all that need it (mend the identity number and the findings that hang on it
    can be judged at all); then what must be fixed; then the order of the seven classes; then the id.
    """
    dependants = _dependants(rules)
    classes = tuple(CLASS_LABELS)

    def place(rule: RuleInfo) -> tuple[int, bool, int, str]:
        return -dependants[rule.id], rule.severity != "must_fix", classes.index(rule.class_), rule.id

    return tuple(rule.id for rule in sorted(rules.values(), key=place))


def unknown_rules(found: Iterable[str], rules: Mapping[str, RuleInfo]) -> list[str]:
    """Return the rules of a round's findings that the catalogue does not have, sorted."""
    return sorted(set(found) - set(rules))

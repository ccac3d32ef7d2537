"""How pairs were found and weighed, in words: keys by the facts they are made of, levels with what they weigh.

Invariant: whatever a model compares is told; a name that is not known here is told as the model has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import log2
from typing import Any

from renshe.engine.linking.candidates import Dropped
from renshe.engine.linking.model import Comparison, Level, Model
from renshe.engine.linking.report.figures import Crowded

_FACTS = {
    "number": "证件号码",
    "name": "姓名",
    "surname": "姓",
    "given": "名",
    "pinyin": "姓名拼音",
    "sound": "姓名近音",
    "birth": "出生日期",
    "sex": "性别",
    "unit": "单位",
    "phone": "电话",
    "account": "银行账号",
    "address": "住址",
}
_UNIT_FACTS = _FACTS | {
    "number": "统一社会信用代码",
    "organisation": "组织机构代码",
    "known_as": "原单位编号",
    "name": "单位名称",
    "core": "字号",
    "pinyin": "字号拼音",
    "home": "在职人员",
    "representative": "法定代表人",
    "address": "地址",
    "system": "系统",
}
_PART = re.compile(r"substr\((\w+), (\d+), (\d+)\)")
_TRAINED = {
    "by": "估计方法",
    "from": "起始权重",
    "invented": "模拟数量",
    "records": "训练记录数",
    "damaged": "受损记录比例",
    "seeds": "随机种子",
    "round": "所用轮次",
    "as_of": "数据截至",
}

# What the model's file names and nobody but a developer knows.
_SHIPPED = {"tools/train_linking.py": "用模拟记录训练，随软件提供"}


def describe_keys(model: Model, dropped: Iterable[Dropped]) -> tuple[Crowded, ...]:
    """Return the keys that were dropped, each by the facts it is made of."""
    return tuple(Crowded(_key(model, model.keys[one.key].parts), one.values, one.records) for one in dropped)


def _key(model: Model, parts: Sequence[str]) -> str:
    facts = _UNIT_FACTS if model.entity == "unit" else _FACTS

    def places(found: re.Match[str]) -> str:
        name, first, size = found[1], int(found[2]), int(found[3])
        return f"{facts.get(name, name)}第 {first}–{first + size - 1} 位"

    return " + ".join(_PART.sub(places, facts.get(part, part)) for part in parts)


def describe_model(model: Model) -> dict[str, Any]:
    """Return the model as the page shows it: version, thresholds, training, keys, rules, levels with their weights."""
    return {
        "version": model.version,
        "same": model.same,
        "review": model.review,
        "trained": [[_TRAINED[name], _told(value)] for name, value in model.trained.items() if name in _TRAINED],
        "keys": [_key(model, key.parts) for key in model.keys.values()],
        "largest_block": model.largest_block,
        "definite": [[one.decision, one.label] for one in model.definite],
        "at_least_review": model.at_least_review.label if model.at_least_review else None,
        "comparisons": [
            {"label": one.label, "levels": [_level(model, one, level) for level in one.levels]}
            for one in model.comparisons
        ],
    }


def _level(model: Model, comparison: Comparison, level: Level) -> list[Any]:
    known = model.weights.get(comparison.name, {}).get(level.id)
    return [level.label, *known, log2(known[0] / known[1])] if known else [level.label, None, None, None]


def _told(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "、".join(map(_told, value))
    return f"{value:,}" if isinstance(value, int) and value > 9999 else _SHIPPED.get(value, str(value))

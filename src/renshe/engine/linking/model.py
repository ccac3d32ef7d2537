"""A model is data: what is compared, how alike two values can be, what each likeness weighs, what holds regardless.

Rule: Fellegi and Sunter (1969): a comparison weighs log2(m/u), m and u being how often its level occurs among records
of one person and among records of two. The declaration (``models/<entity>.yaml``) is ours; the weights are trained
(``models/<entity>-weights.yaml``, ``training``) and shipped with how that was done.

Invariant: a model reads nothing but facts; the same facts and model give the same weights on every engine.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

import yaml

Decision = Literal["same", "review", "different"]
# Of which records a key holds that every record is looked for by.
EVERY = "TRUE"
# What is known of both records of a pair without looking at them again.
SIDES = ("system", "settled")
_SIDED = re.compile(r"\b(?!gamma_)(\w+)_[lr]\b")
_MACRO = re.compile(r"\{(\w+):([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Level:
    """One degree of likeness. ``when`` is SQL over facts, None for all else; ``frequency`` names the fact whose
    frequency moves the weight; a ``neutral`` level weighs nothing."""

    id: str
    label: str
    when: str | None
    frequency: str | None
    neutral: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one fact of two records is compared; null on either side weighs nothing."""

    name: str
    label: str
    column: str
    levels: tuple[Level, ...]

    @property
    def scored(self) -> tuple[str, ...]:
        """Return the columns that scoring gives: the level, what it weighs and, if frequency counts, what that adds."""
        adjusted = any(level.frequency for level in self.levels)
        found = (f"gamma_{self.name}", f"mw_{self.name}", f"mw_tf_adj_{self.name}")
        return found if adjusted else found[:2]

    def gamma(self, level: str) -> int:
        """Return the number that stands for ``level`` in the column ``gamma_<name>``; -1 where it is neutral."""
        return self._gammas()[level]

    def level(self, gamma: int) -> Level | None:
        """Return the level that ``gamma`` stands for; None where nothing was compared."""
        return next((level for level in self.levels if gamma >= 0 and self.gamma(level.id) == gamma), None)

    def _gammas(self) -> dict[str, int]:
        telling = [level for level in self.levels if not level.neutral]
        found = {level.id: len(telling) - at - 1 for at, level in enumerate(telling)}
        return found | {level.id: -1 for level in self.levels if level.neutral}


@dataclass(frozen=True, slots=True)
class Definite:
    """What holds of a pair whatever it weighs."""

    decision: Decision
    label: str
    when: str


@dataclass(frozen=True, slots=True)
class Contest:
    """Which of a record's pairs are better: those of which ``first`` (SQL over levels) holds; of the others what the
    comparisons ``household`` weigh does not count."""

    first: str
    household: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """What records share that are looked at together: ``parts`` in SQL, looked for by records of which ``seeks`` (SQL)
    holds. A key that has an empty part is none."""

    parts: tuple[str, ...]
    seeks: str

    @property
    def given(self) -> str:
        """Return the SQL of whether a record has the key."""
        return " AND ".join(f"cast({part} AS STRING) <> ''" for part in self.parts)


@dataclass(frozen=True, slots=True)
class Model:
    """A declaration with its weights.

    ``weights``: by comparison and level, (m, u). ``same`` and ``review``: from which weights (bits, prior included) a
    pair is the one or the other. ``training``: by key, the comparisons that say nothing of what the key says, which
    re-estimating learns from the pairs that share it. ``facts``: where records are plain columns, each fact in SQL.
    ``at_least_review``: what holds of pairs that are not different whatever they weigh.
    """

    entity: str
    comparisons: tuple[Comparison, ...]
    keys: Mapping[str, Key]
    largest_block: int
    definite: tuple[Definite, ...]
    weights: Mapping[str, Mapping[str, tuple[float, float]]]
    same: float
    review: float
    version: str
    trained: Mapping[str, Any]
    training: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    at_least_review: Definite | None = None
    contest: Contest | None = None

    def comparison(self, name: str) -> Comparison:
        """Return the comparison called ``name``."""
        return next(one for one in self.comparisons if one.name == name)

    @property
    def frequencies(self) -> tuple[str, ...]:
        """Return the facts whose frequency moves weights."""
        found = {level.frequency for one in self.comparisons for level in one.levels if level.frequency}
        return tuple(sorted(found))

    def impossible(self, *, compared: bool) -> str:
        """Return SQL that says of two records (facts ``_l`` and ``_r``) that a definite rule makes them two;
        ``compared``: whether their levels are known too."""
        rules = [f"({one.when})" for one in self.definite if one.decision == "different"]
        return " OR ".join(rule for rule in rules if compared or "gamma_" not in rule) or "FALSE"

    @property
    def facts_asked(self) -> tuple[str, ...]:
        """Return the facts that definite rules and what is never different look at."""
        asked = [*self.definite, *([self.at_least_review] if self.at_least_review else [])]
        found = {name for one in asked for name in _SIDED.findall(one.when)}
        return tuple(sorted(found))

    def settings(self, prior: float) -> dict[str, Any]:
        """Return the model as Splink's settings: facts are the columns of its input, ``rid`` the record; ``prior`` is
        how likely two records of the data, any two, are one."""
        return {
            "link_type": "dedupe_only",
            "unique_id_column_name": "rid",
            "probability_two_random_records_match": prior,
            "retain_matching_columns": True,
            "retain_intermediate_calculation_columns": True,
            "additional_columns_to_retain": [*SIDES, *self.facts_asked],
            "blocking_rules_to_generate_predictions": [],
            "comparisons": [self._comparison(one) for one in self.comparisons],
        }

    def _comparison(self, one: Comparison) -> dict[str, Any]:
        nothing = {
            "sql_condition": f"{one.column}_l IS NULL OR {one.column}_r IS NULL",
            "label_for_charts": "无法比较",
            "is_null_level": True,
        }
        levels = [self._level(one, level) for level in one.levels]
        return {"output_column_name": one.name, "comparison_levels": [nothing, *levels]}

    def _level(self, one: Comparison, level: Level) -> dict[str, Any]:
        told: dict[str, Any] = {"sql_condition": level.when or "ELSE", "label_for_charts": level.label}
        if level.neutral:
            return told | {"is_null_level": True}
        known = self.weights.get(one.name, {}).get(level.id)
        if known is not None:
            told |= {"m_probability": known[0], "u_probability": known[1]}
        if level.frequency is not None:
            told |= {"tf_adjustment_column": level.frequency, "disable_tf_exact_match_detection": True}
        return told


def sides_sql(condition: str) -> str:
    """Return SQL that selects, from the records ``l`` and ``r``, the facts of both that ``condition`` looks at."""
    names = sorted(set(_SIDED.findall(condition)))
    return ", ".join(f"{side}.{name} AS {name}_{side}" for name in names for side in "lr")


def load_model(entity: str, weights: str | None = None) -> Model:
    """Return the shipped model of ``entity`` (person or unit), with its own weights or with ``weights`` (YAML)."""
    folder = resources.files("renshe.engine.linking.models")
    declared = (folder / f"{entity}.yaml").read_text("utf-8")
    if weights is None:
        weights = (folder / f"{entity}-weights.yaml").read_text("utf-8")
    return read_model(declared, weights)


@lru_cache(maxsize=8)
def read_model(declared: str, weights: str | None = None) -> Model:
    """Return the model that a declaration and its weights, both YAML, make; KeyError or ValueError if they do not.

    A declaration may hold the weights to begin with itself, under ``weights``.
    """
    told = yaml.safe_load(declared)
    trained = told["weights"] if weights is None else yaml.safe_load(weights)
    comparisons = tuple(_read_comparison(one) for one in told["comparisons"])
    given = {
        name: {level: (float(m), float(u)) for level, (m, u) in levels.items()}
        for name, levels in trained["weights"].items()
    }
    definite = tuple(
        Definite(one["decision"], one["label"], _expand(_call_by_name(one["when"], told), comparisons))
        for one in told["definite"]
    )
    return Model(
        entity=told["entity"],
        comparisons=comparisons,
        keys={
            **{name: Key(tuple(parts), EVERY) for name, parts in told["keys_of_all"].items()},
            **{name: _read_key(one) for name, one in told["keys"].items()},
        },
        largest_block=int(told["largest_block"]),
        definite=definite,
        weights=given,
        same=float(trained["same"]),
        review=float(trained["review"]),
        version=f"{trained['version']}-{hashlib.sha256((declared + (weights or '')).encode()).hexdigest()[:8]}",
        trained=trained.get("trained", {}),
        training={name: tuple(taught) for name, taught in told.get("training", {}).items()},
        facts=dict(told.get("facts", {})),
        at_least_review=Definite("review", **told["at_least_review"]) if "at_least_review" in told else None,
        contest=_read_contest(told["contest"], comparisons) if "contest" in told else None,
    )


def _call_by_name(condition: str, told: Mapping[str, Any]) -> str:
    """Return ``condition`` with what the declaration calls by a name (``{name}``) written out."""
    for name, meant in told.get("named", {}).items():
        condition = condition.replace(f"{{{name}}}", f"({meant})")
    return condition


def _read_contest(told: Mapping[str, Any], comparisons: Sequence[Comparison]) -> Contest:
    return Contest(_expand(told["first"], comparisons), tuple(told["household"]))


def _read_key(told: Sequence[str] | Mapping[str, Any]) -> Key:
    """Return a key that counts where a record's number proves nothing, with ``where`` only of some of these."""
    if isinstance(told, Mapping):
        return Key(tuple(told["parts"]), f"NOT settled AND ({told['where']})")
    return Key(tuple(told), "NOT settled")


def _read_comparison(told: Mapping[str, Any]) -> Comparison:
    levels = tuple(
        Level(
            id=level["id"],
            label=level["label"],
            when=_expand(level["when"], ()) if "when" in level else None,
            frequency=level.get("frequency"),
            neutral=bool(level.get("neutral", False)),
        )
        for level in told["levels"]
    )
    if [level.id for level in levels if level.when is None] != [levels[-1].id]:
        raise ValueError(f"{told['name']}: the last level, and no other, is all else")
    return Comparison(told["name"], told["label"], told["column"], levels)


def _expand(condition: str, comparisons: Sequence[Comparison]) -> str:
    def written(found: re.Match[str]) -> str:
        name, arguments = found[1], found[2].split(":")
        if name == "levels":
            one = next(one for one in comparisons if one.name == arguments[0])
            return ", ".join(str(one.gamma(level)) for level in arguments[1].split(","))
        return f"({_MACROS[name](*arguments)})"

    return _MACRO.sub(written, condition)


def _swapped(column: str, width: str) -> str:
    """Two neighbouring places of ``width`` have changed their places."""
    left, right = f"{column}_l", f"{column}_r"
    ways = [
        f"substr({left}, {at}, 1) = substr({right}, {at + 1}, 1) AND substr({left}, {at + 1}, 1) ="
        f" substr({right}, {at}, 1) AND substr({left}, 1, {at - 1}) = substr({right}, 1, {at - 1})"
        f" AND substr({left}, {at + 2}, {width}) = substr({right}, {at + 2}, {width})"
        for at in range(2, int(width))
    ]
    first = (
        f"substr({left}, 1, 1) = substr({right}, 2, 1) AND substr({left}, 2, 1) = substr({right}, 1, 1)"
        f" AND substr({left}, 3, {width}) = substr({right}, 3, {width})"
    )
    distance = f"levenshtein({left}, {right}) = 2 AND length({left}) = length({right})"
    # An engine works out both sides of AND for every row, but of a CASE only what it comes to.
    return f"CASE WHEN {distance} THEN {' OR '.join([first, *ways])} ELSE FALSE END"


def _one_more(column: str) -> str:
    """One text has two characters, the other one of them."""
    ways = [
        f"length({one}) = 1 AND length({two}) = 2 AND ({one} = substr({two}, 1, 1) OR {one} = substr({two}, 2, 1))"
        for one, two in ((f"{column}_l", f"{column}_r"), (f"{column}_r", f"{column}_l"))
    ]
    return " OR ".join(f"({way})" for way in ways)


def _two_of(pieces: Sequence[tuple[int, int]], column: str) -> str:
    same = [f"substr({column}_l, {at}, {size}) = substr({column}_r, {at}, {size})" for at, size in pieces]
    pairs = [(0, 1), (0, 2), (1, 2)]
    return " OR ".join(f"({same[one]} AND {same[two]})" for one, two in pairs)


def _two_of_three(column: str) -> str:
    """Both texts have three characters, two of them in the same places."""
    return f"length({column}_l) = 3 AND length({column}_r) = 3 AND ({_two_of([(1, 1), (2, 1), (3, 1)], column)})"


def _one_apart(column: str) -> str:
    """Both texts have as many characters, and of two or three one is different."""
    same = [f"substr({column}_l, {at}, 1) = substr({column}_r, {at}, 1)" for at in (1, 2)]
    two = f"length({column}_l) = 2 AND ({' OR '.join(same)})"
    return f"length({column}_l) = length({column}_r) AND ({two} OR {_two_of_three(column)} OR length({column}_l) > 3)"


def _two_of_three_parts(column: str) -> str:
    """Of year, month and day two are the same."""
    return _two_of([(1, 4), (5, 2), (7, 2)], column)


_MACROS: Mapping[str, Callable[..., str]] = {
    "swapped": _swapped,
    "one_more": _one_more,
    "one_apart": _one_apart,
    "two_of_three": _two_of_three,
    "two_of_three_parts": _two_of_three_parts,
}

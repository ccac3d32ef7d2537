"""Code lists: what a coded value means, and which standard value a local spelling stands for.

A code value is always (list, value, source system). The lists stand in ``data/codes/<list>.yaml``; each value carries
its grade: A national standard, B the ministry's platform, C seen in one vendor's or city's system, M known but not
checked against the document, H the house's own where no code exists. ``systems`` in a list names the columns or
systems whose values mean something else (AAE143 beside AAA115).

Rule (S0-1): a value without a standard counterpart is reported, never dropped: it stays as it is in the data.

Invariant: no spelling stands for two values of a list; the bulk twins agree with ``to_standard``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from renshe.standards.bulk import flat, present, text_of
from renshe.standards.text import clean

_OWN_KEYS = frozenset({"value", "label", "aliases", "grade"})
_PUNCTUATION = re.compile(r"[\s()\[\]【】〔〕、,，.。·:：;；“”\"'/-]")
_CODE_LABEL = re.compile(r"([0-9A-Za-z]+)[\s:|、.,_-]*([^\x00-ɏ].*)")
_LABEL_CODE = re.compile(r"(.*[^\x00-ɏ])[\s:|、,_(-]*([0-9A-Za-z]+)\)?")


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a list; ``attributes`` are what rules ask of it (``kind_class``, ``meaning_class``, ``ends`` …)."""

    value: str
    label: str
    grade: str = "C"
    aliases: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list, as one system uses it. ``pattern`` accepts values that are not listed (open lists such as industry)."""

    name: str
    label: str
    code: str
    document: str
    values: Mapping[str, Code]
    pattern: str | None
    spellings: Mapping[str, str]
    without_zeros: Mapping[str, str]

    def known(self, value: str) -> bool:
        """Whether ``value`` is a standard value of the list."""
        return value in self.values or bool(self.pattern and re.fullmatch(self.pattern, value))

    def find(self, text: str) -> str | None:
        """Return the standard value that ``text`` stands for: a value, label, alias, or code and label in one."""
        direct = self._direct(text)
        if direct is not None:
            return direct
        for form, code_at, label_at in ((_CODE_LABEL, 1, 2), (_LABEL_CODE, 2, 1)):
            if parts := form.fullmatch(text):
                code, label = self._direct(parts[code_at]), self._direct(parts[label_at])
                if code is not None and code == label:
                    return code
        return None

    def _direct(self, text: str) -> str | None:
        text = re.sub(r"^([0-9]+)\.0+$", r"\1", text)  # a code that a spreadsheet turned into a number
        if self.known(text):
            return text
        found = self.spellings.get(_spelling(text))
        return self.without_zeros.get(_bare_number(text)) if found is None else found


def _spelling(text: str) -> str:
    """Fold what does not matter in a label; codes only lose their case."""
    return text.upper() if text.isascii() else _PUNCTUATION.sub("", clean(text) or "").upper()


def _bare_number(text: str) -> str:
    return (text.lstrip("0") or "0") if text.isascii() and text.isdecimal() else text


def _folder() -> Any:
    return resources.files("renshe.standards").joinpath("data/codes")


@lru_cache(maxsize=1)
def code_list_names() -> tuple[str, ...]:
    """Return the names of all lists."""
    return tuple(sorted(item.name.removesuffix(".yaml") for item in _folder().iterdir() if item.name.endswith(".yaml")))


@cache
def _raw(name: str) -> dict[str, Any]:
    if name not in code_list_names():
        raise KeyError(f"没有代码表 {name}")
    data: dict[str, Any] = yaml.load(_folder().joinpath(f"{name}.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return data


@cache
def code_list(name: str, system: str | None = None) -> CodeList:
    """Return the list ``name``, read as ``system`` (a column code or system name of the list) uses it.

    A system that the list does not know uses the standard values. KeyError for an unknown list.
    """
    data = _raw(name)
    classes = data.get("classes", {})
    items = data.get("systems", {}).get(system, ())
    theirs = {item["value"]: item.get("standard") for item in items}
    codes = [_code(item, classes) for item in data["values"] if item["value"] not in theirs]
    own = [_code(item, classes) for item in items if "standard" not in item]
    meant = {_spelling(value): standard for value, standard in theirs.items() if standard is not None}
    values = {code.value: code for code in (*codes, *own)}
    return CodeList(
        name=name,
        label=data["label"],
        code=data["code"],
        document=data["document"],
        values=values,
        pattern=data.get("pattern"),
        spellings={**_spellings(name, codes), **_spellings(name, own), **meant},
        without_zeros=_without_zeros(values.values()) if data.get("leading_zeros", True) else {},
    )


def _code(item: Mapping[str, Any], classes: Mapping[str, Mapping[str, str]]) -> Code:
    own = {key: str(value) for key, value in item.items() if key not in _OWN_KEYS}
    of_class = {key: value for key, value in classes.get(own.get("meaning_class", ""), {}).items() if key != "label"}
    return Code(item["value"], item["label"], item["grade"], tuple(item.get("aliases", ())), {**of_class, **own})


def _spellings(name: str, codes: Iterable[Code]) -> dict[str, str]:
    found: dict[str, str] = {}
    for code in codes:
        for text in (code.value, code.label, *code.aliases):
            if found.setdefault(_spelling(text), code.value) != code.value:
                raise ValueError(f"code list {name}: {text!r} stands for {found[_spelling(text)]} and {code.value}")
    return found


def _without_zeros(codes: Iterable[Code]) -> dict[str, str]:
    """Values by their digits without leading zeros, where only one value has these digits."""
    found: dict[str, set[str]] = {}
    for code in codes:
        for text in (code.value, *code.aliases):
            if text.isascii() and text.isdecimal():
                found.setdefault(_bare_number(text), set()).add(code.value)
    return {digits: min(values) for digits, values in found.items() if len(values) == 1}


def to_standard(
    name: str, value: str | None, system: str | None = None, overrides: Mapping[str, str] | None = None
) -> str | None:
    """Return the standard value of list ``name`` for a value of a file; None for nothing and for an unmapped value.

    ``overrides`` (the project's ``[source.codes.<field>]``: value in the file = standard value) come first.
    """
    text = clean(value)
    if text is None:
        return None
    text = _overridden(overrides).get(_spelling(text), text)
    return code_list(name, system).find(text)


def _overridden(overrides: Mapping[str, str] | None) -> dict[str, str]:
    return {_spelling(clean(theirs) or ""): standard for theirs, standard in (overrides or {}).items()}


def from_standard(name: str, value: str, system: str) -> str | None:
    """Return what ``system`` writes for a standard value; None where it has no single value for it."""
    items = _raw(name).get("systems", {}).get(system, ())
    theirs = [item["value"] for item in items if item.get("standard") == value]
    return theirs[0] if len(theirs) == 1 else None


def map_codes(
    name: str, array: Any, overrides: Mapping[str, str] | None = None, system: str | None = None
) -> tuple[pa.StringArray, dict[str, int]]:
    """Bulk twin of ``to_standard``: the standard values, and the values that have none with their counts.

    Unmapped values stay in the result as they are (cleaned), most frequent first in the counts.
    """
    known = code_list(name, system)
    ours = _overridden(overrides)
    encoded = _encoded(array)
    texts = [clean(text) for text in text_of(encoded.dictionary).to_pylist()]
    results: list[str | None] = []
    unmapped: dict[str, int] = {}
    counts = _counts(encoded)
    for text, count in zip(texts, counts, strict=True):
        target = None if text is None else ours.get(_spelling(text), text)
        standard = None if target is None else known.find(target)
        results.append(target if standard is None else standard)
        if target is not None and standard is None:
            unmapped[target] = unmapped.get(target, 0) + int(count)
    mapped = pa.array(results, pa.string())
    unmapped = dict(sorted(unmapped.items(), key=lambda item: (-item[1], item[0])))
    if pa.types.is_string(flat(array).type) and mapped.equals(encoded.dictionary):
        return flat(array), unmapped
    return mapped.take(encoded.indices), unmapped


def attribute_array(name: str, array: Any, attribute: str, system: str | None = None) -> pa.StringArray:
    """Return an attribute (``kind_class``, ``meaning_class`` …) of each standard value; null where there is none."""
    values = code_list(name, system).values
    encoded = _encoded(array)
    found = [values[v].attributes.get(attribute) if v in values else None for v in encoded.dictionary.to_pylist()]
    return pa.array(found, pa.string()).take(encoded.indices)


def _encoded(array: Any) -> pa.DictionaryArray:
    array = flat(array)
    return array if pa.types.is_dictionary(array.type) else text_of(array).dictionary_encode()


def _counts(encoded: pa.DictionaryArray) -> Any:
    codes = encoded.indices.filter(pa.array(present(encoded.indices))).to_numpy()
    return np.bincount(codes, minlength=len(encoded.dictionary))

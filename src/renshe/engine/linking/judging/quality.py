"""What clerks judged of a sample, and what follows from it: precision and recall of what the machine took for the same.

Rules: a pair counts where two clerks judged it. Where they agree that it is one person, or two, it is; where they do
not, or cannot tell, it is open until a third has judged it, and counted both ways: once as two, once as one.
Precision: how many of the pairs taken for the same are. Recall: how many of the compared pairs that are the same were
taken for it. Pairs that were never compared are in no sample: nothing is said of them.

Invariant: the estimates are a function of sample and answers, which are kept (``judged.json``). What was not judged yet
counts as chosen by chance: each clerk has an order of their own that says nothing of the pair.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from renshe.engine.linking.entities import shown_number
from renshe.engine.linking.judging.books import CLERKS, PERSON
from renshe.engine.linking.judging.intervals import CONFIDENCE, Estimate, Stratum, kappa, share_of_total, total
from renshe.engine.linking.judging.sampling import Sample
from renshe.engine.linking.report.page import QUALITY, write_private
from renshe.engine.report.labels import system_label
from renshe.standards.masks import mask_serial

FIRST, SECOND, THIRD = CLERKS
METHOD = (
    "方法：按判定和权重分层，层内随机抽样；每层的比例用 Wilson 区间（有限总体校正），"
    "各层之和与比值的区间用 MOVER 法合成（Zou 与 Donner 2008，Donner 与 Zou 2012）。"
    "κ 为 Cohen 一致性系数，按样本计算，不加权。"
    "经办人员已有核实结论的各对不在抽样之内；没有比对过的各对，抽样看不见。"
)
JUDGED = "judged.json"
Said = Mapping[int, str]
"""By the place of a pair, what one clerk judged."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Who judged (by letter), what, and the places of the pairs that a third was asked about."""

    clerks: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, Said] = field(default_factory=dict)
    asked: Sequence[int] = ()


def verdicts(said: Mapping[str, Said]) -> dict[int, str]:
    """Return, by place, what was judged of the pairs that both clerks judged: same, different or open."""
    found: dict[int, str] = {}
    for at in sorted(set(said.get(FIRST, {})) & set(said.get(SECOND, {}))):
        one, other = said[FIRST][at], said[SECOND][at]
        found[at] = one if one == other != "unsure" else "open"
        third = said.get(THIRD, {}).get(at)
        if found[at] == "open" and third in ("same", "different"):
            found[at] = third
    return found


def disputed(said: Mapping[str, Said]) -> list[int]:
    """Return the places of the pairs that a third has to look at."""
    found = verdicts({clerk: own for clerk, own in said.items() if clerk != THIRD})
    return [at for at, verdict in found.items() if verdict == "open"]


def read_judged(folder: Path, sample: Sample) -> Judged:
    """Return what was judged of the sample in the link folder ``folder`` up to now."""
    path = folder / JUDGED
    told = json.loads(path.read_text("utf-8")) if path.exists() else {}
    if told.get("sample") != sample.id:
        return Judged()
    said = {clerk: {int(at): kind for at, kind in own.items()} for clerk, own in told["said"].items()}
    return Judged(told["clerks"], said, told["asked"])


def write_judged(folder: Path, sample: Sample, judged: Judged) -> dict[str, Any]:
    """Keep what was judged and write ``quality.json``, which follows from it; return that."""
    write_private(folder / JUDGED, json.dumps({"sample": sample.id, **asdict(judged)}, ensure_ascii=False) + "\n")
    told = measure(sample, judged.clerks, judged.said)
    write_private(folder / QUALITY, json.dumps(told, ensure_ascii=False) + "\n")
    return told


def measure(sample: Sample, names: Mapping[str, str], said: Mapping[str, Said]) -> dict[str, Any]:
    """Return what ``quality.json`` tells of the answers; ``names`` are the clerks', by their letter."""
    found = verdicts(said)
    both = [(said[FIRST][at], said[SECOND][at]) for at in found]
    open_ = [at for at, verdict in found.items() if verdict == "open"]
    return {
        **{name: sample.told[name] for name in ("round", "entity", "model", "run", "seed")},
        "sample": sample.id,
        "confidence": CONFIDENCE,
        "method": METHOD,
        "clerks": {clerk: names[clerk] for clerk in CLERKS if clerk in names},
        "drawn": len(sample.pairs),
        "judged": len(found),
        "waiting": len(sample.pairs) - len(found),
        "open": len(open_),
        "third": len(said.get(THIRD, {})),
        "agreement": {"pairs": len(both), "agree": sum(a == b for a, b in both), "kappa": kappa(both)},
        "strata": [_layer(sample, layer, found) for layer in sample.told["layers"]],
        **_estimates(sample, found),
        "disputed": [_told(sample, at, names, said) for at in open_],
    }


def _layer(sample: Sample, layer: Mapping[str, Any], found: Mapping[int, str]) -> dict[str, Any]:
    own = [verdict for at, verdict in found.items() if sample.pairs[at]["layer"] == layer["name"]]
    counts = {kind: own.count(kind) for kind in ("same", "different", "open")}
    return {**layer, "judged": len(own), **counts}


def _estimates(sample: Sample, found: Mapping[int, str]) -> dict[str, Any]:
    """Return precision and recall, with what is open counted either way; None where nothing can be said."""
    told: dict[str, dict[str, Any]] = {"precision": {}, "recall": {}}
    for name, positive in (("open_as_different", {"same"}), ("open_as_same", {"same", "open"})):
        taken = _strata(sample, found, positive, taken=True)
        part, rest = total(taken), total(_strata(sample, found, positive, taken=False))
        pairs = sum(one.pairs for one in taken)
        if part is not None and rest is None and not _strata(sample, found, positive, taken=False):
            rest = Estimate(0.0, 0.0, 0.0)
        precision = part.of(pairs) if part is not None else None
        recall = share_of_total(part, rest) if part is not None and rest is not None else None
        told["precision"][name] = None if precision is None else asdict(precision)
        told["recall"][name] = None if recall is None else asdict(recall)
    return told


def _strata(sample: Sample, found: Mapping[int, str], positive: set[str], *, taken: bool) -> Sequence[Stratum]:
    """Return the layers that were taken for the same, or the others."""
    strata = []
    for layer in sample.told["layers"]:
        if (layer["decision"] == "same") == taken:
            own = [verdict for at, verdict in found.items() if sample.pairs[at]["layer"] == layer["name"]]
            strata.append(Stratum(layer["pairs"], len(own), sum(verdict in positive for verdict in own)))
    return strata


def _told(sample: Sample, at: int, names: Mapping[str, str], said: Mapping[str, Said]) -> dict[str, Any]:
    left, right = (_record(sample.pairs[at], side) for side in ("left", "right"))
    answers = [PERSON.answers.get(said.get(clerk, {}).get(at, ""), "—") for clerk in CLERKS if clerk in names]
    return {"place": at, "left": left, "right": right, "answers": answers}


def _record(pair: Mapping[str, Any], side: str) -> str:
    return f"{system_label(pair[f'{side}_system'])} {mask_serial(shown_number(pair[f'{side}_key']))}"

"""The blind examination of linking: makes the sets, cleans and links them with the shipped model, judges.

Usage: ``python -m benchmarks.linking.judging [--persons 20000] [--seeds 1 2] [--damaged 0.1 0.33] [--makers a bn b c]
[--keep DIR]``. ``bn`` is maker B with the kinds of damage that the promise names, ``b`` with others too. Bars, for A
and ``bn``: precision 0.9995, and F1 0.992 where a third of the records is damaged, 0.997 where a tenth is; both of what
is decided ``same`` and of what shares a cluster. For all makers: nothing forbidden is decided ``same``. Exit 1 if a bar
is missed. The column ``forbidden`` tells the pairs forbidden by what the records say, and after the stroke those by the
numbers alone, which are no bar.

Who has looked at a set's figures has seen it: take seeds that nobody has used for the examination that counts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.linking.judging import maker_a, maker_b, maker_c
from benchmarks.linking.judging.score import judge
from benchmarks.measure import RENSHE, measure, write_result

MAKERS = {"a": maker_a.make, "bn": partial(maker_b.make, named=True), "b": maker_b.make, "c": maker_c.make}
PRECISION = 0.9995
# F1 by the largest share of damaged records for which it is promised.
F1_BARS = {0.1: 0.997, 0.34: 0.992}
PROMISED = ("a", "bn")
_COLUMNS = "set", "linked by", "precision", "recall", "F1", "wrong", "seen", "review", "forbidden", "bar", ""
_WIDTHS = 16, 9, 10, 10, 10, 7, 8, 8, 9, 7, 6


def main(persons: int, seeds: list[int], damaged: list[float], makers: list[str], folder: Path) -> bool:
    """Examine every combination, print a table, write ``results/linking_judging.json``; return whether bars hold."""
    _print_row(_COLUMNS)
    sets: list[dict[str, Any]] = []
    for maker in makers:
        for share in damaged:
            for seed in seeds:
                one = examine(maker, persons, seed, share, folder / f"{maker}-{share:g}-{seed}")
                sets.append(one)
                _print(one)
    passed = all(one["passed"] for one in sets)
    bars = {"precision": PRECISION, "f1": {str(share): bar for share, bar in F1_BARS.items()}, "promised": PROMISED}
    write_result("linking_judging", persons=persons, bars=bars, passed=passed, sets=sets)
    return passed


def examine(maker: str, persons: int, seed: int, damaged: float, project: Path) -> dict[str, Any]:
    """Make one set in ``project``, clean and link it, and return its figures with what the two commands cost."""
    MAKERS[maker](project, persons, seed, damaged)
    measure([*RENSHE, "clean", str(project)])
    linking = measure([*RENSHE, "link", str(project)])
    found = judge(project)
    bar = _f1_bar(damaged) if maker in PROMISED else None
    return {
        "maker": maker,
        "damaged": damaged,
        "seed": seed,
        "link_seconds": linking.wall_seconds,
        "link_cpu_seconds": linking.cpu_seconds,
        "link_peak_mb": linking.peak_mb,
        "f1_bar": bar,
        "passed": passes(found, bar),
        **found,
    }


def passes(found: dict[str, Any], bar: float | None) -> bool:
    """Return whether no pair is forbidden and, where ``bar`` is promised, links and clusters both reach it."""
    if found["forbidden"]:
        return False
    kept = (found["links"], found["clusters"])
    return bar is None or all(one["f1"] >= bar and one["precision"] >= PRECISION for one in kept)


def _f1_bar(damaged: float) -> float | None:
    return next((bar for share, bar in F1_BARS.items() if damaged <= share), None)


def _print(one: dict[str, Any]) -> None:
    name = f"{one['maker']} {one['damaged']:g} #{one['seed']}"
    for way in ("links", "clusters"):
        kept = one[way]
        shares = (f"{kept[share]:.5f}" for share in ("precision", "recall", "f1"))
        if way == "links":
            forbidden = f"{one['forbidden']}/{one['forbidden_by_id']}"
            seen = f"{one['candidates']['recall']:.5f}", str(one["review"]), forbidden
        else:
            seen = "", "", str(one["forbidden_in_clusters"])
        verdict = "passed" if one["passed"] else "MISSED"
        _print_row((name, way, *shares, str(kept["wrong"]), *seen, str(one["f1_bar"] or "-"), verdict))


def _print_row(cells: tuple[str, ...]) -> None:
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip(), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--damaged", type=float, nargs="+", default=[0.1, 0.33])
    parser.add_argument("--makers", choices=tuple(MAKERS), nargs="+", default=list(MAKERS))
    parser.add_argument("--keep", type=Path, help="leave the projects in this folder, which must not exist")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="renshe-judging-") as temporary:
        where = given.keep or Path(temporary)
        if given.keep:
            where.mkdir(parents=True)
        held = main(given.persons, given.seeds, given.damaged, given.makers, where)
    sys.exit(0 if held else 1)

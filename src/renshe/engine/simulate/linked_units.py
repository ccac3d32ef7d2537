"""Two systems that know the same units, with known damage: what the linking of units is trained on.

Names are written with or without region, the legal form in full or short, in characters of the same sound; codes have
typing errors, are missing, or only the organisation code is known; representatives, telephones and addresses change.

Invariant: ``unit`` tells which unit a record is; the same seed gives the same records.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from renshe.engine.simulate.linked import AS_OF, Confusions
from renshe.engine.simulate.model import data
from renshe.engine.simulate.units import make_units
from renshe.engine.simulate.world import World

SYSTEMS = ("pension", "medical")
_BOTH, _NO_CODE, _ONLY_ORG = 0.85, 0.06, 0.05
_CHANGED = {"legal_rep": 0.12, "phone": 0.3, "address": 0.35}
_LACKING = {"legal_rep": 0.15, "phone": 0.3, "address": 0.3}
_PEOPLE, _WRONG_HOME = 0.6, 0.02
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

Record = dict[str, Any]


def linked_units(units: int, seed: int, damaged: float, confusions: Confusions) -> pa.Table:
    """Return the records of two systems on about ``units`` units, of which the share ``damaged`` has something wrong.

    Columns: system, key, unit, home (the same for units whose people are known to be the same), and the fields of
    ``unit`` that linking compares.
    """
    made = make_units(World(units * 30, seed, 0.0, AS_OF))
    rng = np.random.Generator(np.random.PCG64([seed, 5]))
    places = [county["name"] for county in data("places")["counties"]] + [data("places")["prefecture"]["name"]]
    count = len(made)
    rows: list[Record] = []
    for number, system in enumerate(SYSTEMS):
        known = (np.arange(count) % 2 == number) | (rng.random(count) < 2 * _BOTH - 1)
        keys = rng.permutation(count)
        for at in np.flatnonzero(known):
            row: Record = {
                "system": system, "key": f"{number + 1}{keys[at]:06d}", "unit": int(at), "old_unit_no": None,
                "name": str(made.name[at]), "uscc": str(made.uscc[at]), "org_code": None,
                "legal_rep": str(made.legal_rep[at]), "phone": str(made.phone[at]), "address": str(made.address[at]),
                "home": int(at) if at % 100 < _PEOPLE * 100 else None,
            }  # fmt: skip
            _vary(row, number, made, rng)
            if rng.random() < damaged:
                _spoil(row, rng, confusions, places)
            rows.append(row)
    kinds = {"unit": pa.int64(), "home": pa.int64()}
    return pa.Table.from_pylist(rows, pa.schema([(name, kinds.get(name, pa.string())) for name in rows[0]]))


def _vary(row: Record, number: int, made: Any, rng: np.random.Generator) -> None:
    for name, share in _CHANGED.items():
        if number and rng.random() < share:
            row[name] = str(getattr(made, name)[rng.integers(0, len(made))])
    for name, share in _LACKING.items():
        if rng.random() < share:
            row[name] = None
    if row["home"] is not None and rng.random() < _WRONG_HOME:
        row["home"] = int(rng.integers(0, len(made)))
    draw = rng.random()
    if draw < _NO_CODE + _ONLY_ORG:
        row["org_code"] = None if draw < _NO_CODE else row["uscc"][8:17]
        row["uscc"] = None
    if number and rng.random() < 0.5:
        row["name"] = row["name"].replace("有限责任公司", "有限公司")


def _spoil(row: Record, rng: np.random.Generator, confusions: Confusions, places: list[str]) -> None:
    kind = rng.integers(0, 6)
    name = row["name"]
    if kind == 0 and row["uscc"]:
        at = int(rng.integers(0, 18))
        row["uscc"] = row["uscc"][:at] + _ALPHABET[int(rng.integers(0, 31))] + row["uscc"][at + 1 :]
    elif kind == 1 and row["uscc"]:
        at = int(rng.integers(0, 17))
        row["uscc"] = row["uscc"][:at] + row["uscc"][at + 1] + row["uscc"][at] + row["uscc"][at + 2 :]
    elif kind == 2:
        row["uscc"] = None
    elif kind == 3:
        row["name"] = next((name[len(place) :] for place in places if name.startswith(place)), name)
    elif kind == 4:
        at = int(rng.integers(0, len(name)))
        others = confusions.sound.get(name[at], "")
        row["name"] = name[:at] + (others[:1] or name[at]) + name[at + 1 :]
    else:
        at = int(rng.integers(0, len(name)))
        row["name"] = name[:at] + name[at + 1 :]


__all__ = ["linked_units"]

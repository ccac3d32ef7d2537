"""Units: enterprises, institutions, government bodies, individual businesses and flexible workers' windows.

Credit codes follow GB 32100-2015 (registering department, kind, region, organisation code of GB 11714 inside, check
character by MOD 31); sizes follow a power law, and some units have ended.

Invariant: a unit's life encloses every spell of work in it (``Units.pick`` only gives units that live at that month).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from renshe.engine.simulate.model import NULL, Ints, Mask, data
from renshe.engine.simulate.names import Text, given_names
from renshe.engine.simulate.people import digits
from renshe.engine.simulate.world import World

ALPHABET = np.array(list("0123456789ABCDEFGHJKLMNPQRTUWXY"))
ORG_ALPHABET = np.array(list("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
ENTERPRISE, INSTITUTION, GOVERNMENT, BUSINESS, WINDOW = range(5)
FOREVER = 9999 * 12


@dataclass(slots=True)
class Units:
    """All units of a world, by their start. ``start`` and ``end`` are running months (``FOREVER``: it lives)."""

    kind: Ints
    county: Ints
    start: Ints
    end: Ints
    weight: np.ndarray
    industry: Ints
    injury: Ints
    name: Text
    uscc: Text
    legal_rep: Text
    phone: Text
    address: Text

    def __len__(self) -> int:
        return len(self.kind)

    def pick(self, rng: np.random.Generator, at: Ints, kinds: tuple[int, ...]) -> Ints:
        """For each month a unit of one of ``kinds`` that lives then, by size."""
        pool = np.flatnonzero(np.isin(self.kind, kinds))
        heavy = np.cumsum(self.weight[pool])
        until = np.maximum(np.searchsorted(self.start[pool], at, side="right"), 1)
        out = np.full(len(at), -1, np.int64)
        todo = np.arange(len(at))
        for _ in range(6):
            draws = rng.random(len(todo)) * heavy[until[todo] - 1]
            chosen = pool[np.minimum(np.searchsorted(heavy, draws, side="right"), until[todo] - 1)]
            good = self.end[chosen] > at[todo]
            out[todo[good]] = chosen[good]
            todo = todo[~good]
        out[todo] = pool[0]
        return out


def check_character(body: Text) -> Text:
    """Check character of each 17-character credit code (GB 32100: weights 3^i mod 31)."""
    codes = np.ascontiguousarray(body.astype("U17")).view(np.uint32).reshape(-1, 17)
    table = np.zeros(128, np.int64)
    table[np.array([ord(c) for c in ALPHABET])] = np.arange(31)
    weights = np.array([pow(3, i, 31) for i in range(17)])
    out: Text = ALPHABET[(31 - table[codes] @ weights % 31) % 31]
    return out


def org_check(body: Text) -> Text:
    """Check character of each 8-character organisation code (GB 11714)."""
    codes = np.ascontiguousarray(body.astype("U8")).view(np.uint32).reshape(-1, 8)
    table = np.zeros(128, np.int64)
    table[np.array([ord(c) for c in ORG_ALPHABET])] = np.arange(36)
    weights = np.array([3, 7, 9, 10, 5, 8, 4, 2])
    out: Text = np.array(list("0123456789X0"))[(11 - table[codes] @ weights % 11) % 11]
    return out


def unit_count(world: World) -> int:
    """How many units there are: about one for thirty people of the region."""
    return max(30, world.persons // 30)


def make_units(world: World) -> Units:
    """Every unit of the world."""
    n = unit_count(world)
    rng = world.rng("units")
    kind = rng.choice(4, n, p=[0.66, 0.1, 0.06, 0.18]).astype(np.int64)
    start = month_range(rng, n, world)
    for number in range(4):
        start[number], kind[number] = 1986 * 12 + number, number
    kind[4:9], start[4:9] = WINDOW, 1986 * 12
    order = np.argsort(start, kind="stable")
    kind, start = kind[order], start[order]
    weight = (1 - rng.random(n)) ** -0.9 * np.array([1.0, 4.0, 3.0, 0.15, 40.0])[kind]
    weight = np.minimum(weight, 400.0)
    county = rng.integers(0, 5, n)
    county[np.flatnonzero(kind == WINDOW)] = np.arange(5)
    uscc = _credit_codes(kind, county)
    name, address = _names(rng, kind, county)
    return Units(
        kind=kind,
        county=county,
        start=start,
        end=_ends(world, rng, kind, start),
        weight=weight,
        industry=rng.integers(1, 20, n),
        injury=np.array(data("parameters")["injury"])[rng.integers(0, 8, n)].astype(np.int64),
        name=name,
        uscc=uscc,
        legal_rep=np.strings.add(
            np.array(list(data("names")["surnames"])[:80])[rng.integers(0, 80, n)],
            given_names(rng, rng.integers(1, 3, n), rng.integers(1950, 1990, n)),
        ),
        phone=np.strings.add("0436-", digits(rng.integers(3_000_000, 3_999_999, n), 7)),
        address=address,
    )


def month_range(rng: np.random.Generator, n: int, world: World) -> Ints:
    """Months in which units began: more of them lately, none in the last half year."""
    first, last = 1992 * 12, world.now - 6
    out: Ints = (first + (last - first) * rng.random(n) ** 0.8).astype(np.int64)
    return out


def _ends(world: World, rng: np.random.Generator, kind: Ints, start: Ints) -> Ints:
    """Some enterprises and businesses ended; one in three of those in the months that systems keep in detail."""
    out = np.full(len(kind), FOREVER, np.int64)
    mortal = ((kind == ENTERPRISE) | (kind == BUSINESS)) & (rng.random(len(kind)) < 0.12)
    mortal[:9] = False
    late = rng.random(len(kind)) < 0.33
    earliest = np.where(late, np.maximum(start + 6, world.opened), start + 6)
    span = np.maximum(world.now - 2 - earliest, 1)
    ends = earliest + (span * rng.random(len(kind))).astype(np.int64)
    return np.where(mortal & (ends < world.now - 1), ends, out)


def _credit_codes(kind: Ints, county: Ints) -> Text:
    """Credit codes: department and category by kind of unit, the county's region, a running organisation code."""
    head = np.array(["91", "12", "11", "92", "12"])[kind]
    region = np.array([c["code"] for c in data("places")["counties"]])[county]
    number = np.arange(len(kind), dtype=np.int64) * 97 + 10_000_019
    body = digits(number, 8)
    org = np.strings.add(body, org_check(body))
    code = np.strings.add(np.strings.add(head, region), org)
    out: Text = np.strings.add(code, check_character(code))
    return out


def _names(rng: np.random.Generator, kind: Ints, county: Ints) -> tuple[Text, Text]:
    """Names that no two units share, and addresses."""
    n = len(kind)
    words = data("units")
    chars = words["brand"].split()
    number = np.arange(n, dtype=np.int64) * 7919 % len(chars) ** (3 if n > len(chars) ** 2 else 2)
    brand = np.strings.add(np.array(chars)[number % len(chars)], np.array(chars)[number // len(chars) % len(chars)])
    brand = np.where(n > len(chars) ** 2, np.strings.add(brand, np.array(chars)[number // len(chars) ** 2]), brand)
    counties = data("places")["counties"]
    place = np.array([c["name"] for c in counties])[county]
    out = np.full(n, "", "U40")
    for code in range(5):
        rows = np.flatnonzero(kind == code)
        trades = np.array(words["trades"][code])
        trade = trades[rng.integers(0, len(trades), len(rows))]
        middle = brand[rows] if code in (ENTERPRISE, BUSINESS) else np.char.add(brand[rows], "第")
        if code in (INSTITUTION, GOVERNMENT, WINDOW):
            middle = np.where(np.arange(len(rows)) < 5 * len(trades), "", brand[rows])
            place_rows = np.arange(len(rows)) % 5
            trade = trades[np.arange(len(rows)) // 5 % len(trades)]
            place_names = np.array([c["name"] for c in counties])[place_rows]
            out[rows] = np.strings.add(np.strings.add(place_names, middle), trade)
        else:
            out[rows] = np.strings.add(np.strings.add(place[rows], middle), trade)
    street = np.array(data("places")["streets"].split())[rng.integers(0, 10, n)]
    address = np.strings.add(
        np.strings.add("白城市", place),
        np.strings.add(street, np.strings.add(digits(rng.integers(1, 300, n), 3), "号")),
    )
    return out, address


def life(units: Units, world: World) -> Mask:
    """Which units live as of the day of the extract."""
    return units.end > world.now


def end_months(units: Units) -> Ints:
    """End months of units, ``NULL`` for living ones."""
    return np.where(units.end == FOREVER, NULL, units.end)

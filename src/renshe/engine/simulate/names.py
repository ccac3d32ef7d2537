"""Names of people by frequency: surname by share of the population, given name by sex and time of birth.

Real registers hold compound surnames, names joined by a middle dot, passport names in Latin capitals and characters
that GBK does not know; all of them are lawful and occur here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from renshe.engine.simulate.model import Ints, Mask, data

Text = npt.NDArray[np.str_]

PERIODS = (("old", 0), ("middle", 1956), ("young", 1977), ("child", 2003))
RARE, DOTTED, FOREIGN = 0.0008, 0.002, 0.0006


def draw(rng: np.random.Generator, shares: dict[str, Any], n: int) -> Text:
    """``n`` keys of ``shares`` drawn by their shares."""
    weights = np.array(list(shares.values()), float)
    picks = np.searchsorted(np.cumsum(weights / weights.sum()), rng.random(n), side="right")
    keys = np.array(list(shares))
    out: Text = keys[np.minimum(picks, len(keys) - 1)]
    return out


def given_names(rng: np.random.Generator, sex: Ints, birth_year: Ints) -> Text:
    """One or two given-name characters per person, by sex and time of birth."""
    n = len(sex)
    out = np.full(n, "", "U2")
    table = data("names")["given"]
    period = np.searchsorted([start for _, start in PERIODS], birth_year, side="right") - 1
    single = rng.random(n) < 0.17
    first, second = rng.random(n) ** 1.4, rng.random(n) ** 1.2
    for sex_code, sex_name in ((1, "male"), (2, "female")):
        for number, (name, _) in enumerate(PERIODS):
            chars = np.array(table[sex_name][name].split())
            rows = np.flatnonzero((sex == sex_code) & (period == number))
            head = chars[(first[rows] * len(chars)).astype(int)]
            tail = chars[(second[rows] * len(chars)).astype(int)]
            out[rows] = np.where(single[rows], head, np.strings.add(head, tail))
    return out


def person_names(rng: np.random.Generator, sex: Ints, birth_year: Ints) -> tuple[Text, Text, Mask]:
    """Full names, ethnicity codes, and whose name GBK cannot write."""
    n = len(sex)
    lists = data("names")
    given = given_names(rng, sex, birth_year)
    names = np.strings.add(draw(rng, lists["surnames"], n), given).astype("U24")
    ethnicity = draw(rng, lists["ethnicity"], n)
    # Nobody is called by one character three times.
    thrice = np.strings.slice(names, 0, 1)
    names = np.where(names == np.strings.multiply(thrice, 3), np.strings.slice(names, 0, 2), names)
    kind = rng.random(n)
    rare = np.flatnonzero(kind < RARE)
    tail = np.array(lists["rare"].split())[rng.integers(0, len(lists["rare"].split()), len(rare))]
    names[rare] = np.strings.add(names[rare], tail)
    dotted = np.flatnonzero((kind >= RARE) & (kind < RARE + DOTTED))
    head = np.array(lists["dotted"]["given"].split())
    family = np.array(lists["dotted"]["family"].split())
    joined = np.strings.add(head[rng.integers(0, len(head), len(dotted))], "·")
    names[dotted] = np.strings.add(joined, family[rng.integers(0, len(family), len(dotted))])
    ethnicity[dotted] = draw(rng, lists["ethnicity_dotted"], len(dotted))
    return names, ethnicity, kind < RARE


def foreign_names(rng: np.random.Generator, n: int) -> Text:
    """``n`` passport names."""
    pool = np.array(data("names")["foreign"].split(";"))
    out: Text = pool[rng.integers(0, len(pool), n)]
    return out

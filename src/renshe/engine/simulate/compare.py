"""What other departments know: police, civil affairs, crematorium, market supervision, the province's list.

Invariant: an extract tells the truth about the people as invented; errors are put into the agency's own systems.
"""

from __future__ import annotations

import numpy as np

from renshe.engine.simulate.block import Block, person_rows
from renshe.engine.simulate.model import Rows, data
from renshe.engine.simulate.units import BUSINESS, ENTERPRISE, Units
from renshe.engine.simulate.world import World


def add_extracts(world: World, block: Block) -> None:
    """Other departments' rows about the people of the block."""
    rng = world.rng("compare", block.number)
    people = block.people
    everyone = np.flatnonzero(people.id_type != "08")
    dead = np.flatnonzero(~np.isnat(people.death) & (people.id_type != "08"))
    burnt = dead[rng.random(len(dead)) < 0.6]
    young = (people.birth > np.datetime64("1970-01-01")) & (people.birth < np.datetime64("2000-01-01"))
    jailed = np.flatnonzero(young & (people.id_type == "01") & ~np.isin(people.index, people.index[block.idle.person]))[
        ::200
    ]
    groups = {"police": everyone, "province": everyone, "civil": dead, "cremation": burnt, "prison": jailed}
    for system, rows in groups.items():
        columns = [column[0] for column in data("systems")[system]["tables"]["person"]["columns"]]
        made = person_rows(block, system, rows, columns)
        made.columns["id_number"] = people.full_number[rows]
        if system == "cremation":
            made.columns["death_date"] = made["death_date"] + np.timedelta64(1, "D")
        block.tables[system, "person"] = made


def market_rows(units: Units) -> Rows:
    """Enterprises and businesses as registered with market supervision."""
    at = np.flatnonzero((units.kind == ENTERPRISE) | (units.kind == BUSINESS))
    ended = units.end[at] < 9999 * 12
    return Rows(
        "unit",
        {
            "_unit": at,
            "uscc": units.uscc[at],
            "name": units.name[at],
            "legal_rep": units.legal_rep[at],
            "life_status": np.where(ended, np.where(at % 5 == 0, 2, 3), 1),
            "address": units.address[at],
        },
    )

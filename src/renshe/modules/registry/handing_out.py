"""What the register hands out to partners: its people and units.

Rule (S3-5: only what is verified is eligible, where terms say so; S3-36): the columns that an agreement names, of those
of the region on our side of it.

Invariant: nothing is handed out that the agreement does not name.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Agreement
from renshe.core.exchange.offering import Offered, offer
from renshe.core.exchange.packages.terms import Terms
from renshe.modules.registry.exchanged import KINDS, Kind


def _offers(kind: Kind) -> Offered:
    """Return what hands out a kind: all who stand, or ``only`` those of these numbers; BusinessError where one of them
    is not there."""

    def offered(agreement: Agreement, terms: Terms, only: Sequence[str] | None) -> pa.Table:
        here = kind.standing(agreement, verified=terms.verified)
        if only is not None:
            here = here.filter(pk__in=only)
            if (found := here.count()) < len(set(only)):
                raise BusinessError("exchange.not_ours", missing=len(set(only)) - found)
        return kind.held(here, [one.name for one in terms.columns])

    return offered


for one in KINDS:
    offer(one.content, holds=frozenset(one.ways))(_offers(one))

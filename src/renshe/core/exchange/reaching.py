"""The way to a partner, by what its agreement says and where it is reached.

Invariant: where no address is known for a way, nothing goes it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from renshe.core.exchange.standing import Standing
from renshe.core.exchange.ways.directory import Directory
from renshe.core.exchange.ways.way import Unreachable, Way

_WAYS: dict[str, Callable[[str, str, str], Way]] = {
    "directory": lambda address, own, other: Directory(Path(address), own, other),
}


def way_to(standing: Standing) -> Way:
    """Return the way to the partner of an agreement; Unreachable where there is none."""
    agreement, channel = standing.agreement, standing.terms.channel
    address = agreement.partner.addresses.get(channel)
    if channel not in _WAYS or not address:
        raise Unreachable(f"没有登记“{agreement.partner.name}”的 {channel} 地址")
    return _WAYS[channel](address, agreement.own.code, agreement.partner.code)

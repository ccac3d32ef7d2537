"""What happened, told to whoever declared that it concerns him: effects that cross business lines.

Rule (S4-29 自然状态…对参保、就业、待遇享受和领取…产生的影响): a change sets off what other lines declared: a death
stops the enrolment and suspends the benefit. A line says by ``subscribe`` what it does by itself, or proposes as a
case that waits for somebody (``case_propose``); the line in which it happened knows none of them.

Invariant: subscribers run in the order in which they were declared, in the transaction of the effect that tells; one
that fails fails the effect, and nothing has happened.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from renshe.core.casework.models import Case

S = TypeVar("S", bound=Callable[..., Any])

_SUBSCRIBED: dict[str, list[Callable[..., Any]]] = {}


def subscribe(name: str) -> Callable[[S], S]:
    """Let the function that this decorates run whenever ``name`` happens: with the case that made it happen, and its
    facts by name."""

    def declare(subscriber: S) -> S:
        _SUBSCRIBED.setdefault(name, []).append(subscriber)
        return subscriber

    return declare


def emit(name: str, case: Case, **facts: Any) -> None:
    """Tell that ``name`` happened, inside the effect of ``case``."""
    for one in subscribers(name):
        one(case, **facts)


def subscribers(name: str) -> Sequence[Callable[..., Any]]:
    """Return who is told of ``name``, in their order."""
    return tuple(_SUBSCRIBED.get(name, ()))

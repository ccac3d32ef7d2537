"""How an operation of the API is declared: what it answers, and how it may refuse.

Invariant: every operation says that it may refuse, as ``problem+json``; schemathesis holds the house to it.
"""

from __future__ import annotations

from typing import Any

from renshe.channels.api.problems import Problem

REFUSALS = (400, 401, 403, 404, 409, 422)


def answers(told: Any, status: int | None = None) -> dict[int, Any]:
    """Return the answers of an operation that gives ``told`` (None: nothing, 204) or refuses."""
    return {status or (204 if told is None else 200): told, **dict.fromkeys(REFUSALS, Problem)}

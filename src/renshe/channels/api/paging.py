"""Lists page by page, newest first: a page begins where the one before ended.

Invariant: nothing is shown twice or left out while rows come in; a page never costs more for being far down.
"""

from __future__ import annotations

from typing import Annotated, Any

from django.db.models import Model, QuerySet
from pydantic import Field

Key = Annotated[int, Field(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Field(ge=1, le=200)]


def paged(found: QuerySet[Any, Any], after: int | None, limit: int) -> dict[str, list[Model] | str | None]:
    """Return a page of ``found`` and how to ask for the next."""
    rows = found.order_by("-pk")
    page = list((rows.filter(pk__lt=after) if after else rows)[: limit + 1])
    return {"items": page[:limit], "after": str(page[limit - 1].pk) if len(page) > limit else None}

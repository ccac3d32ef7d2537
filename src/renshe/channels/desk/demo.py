"""Signing in as any post of the sample bureau, with one key.

Rule: only where the sample bureau stands, whose password everybody knows; there is nothing of anybody's to protect.

Invariant: in a bureau of somebody's there is no such page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from renshe.core.errors import BusinessError
from renshe.core.org.models import Agency
from renshe.core.org.sample import Sample, sample_agencies, sample_found, sample_sign_in
from renshe.core.pages.answering import DESK, open_page, shown
from renshe.core.pages.coming import address_of
from renshe.core.pages.panels import beside_of
from renshe.core.pages.statuses import status_of


def posts_offered() -> Sample | None:
    """Return the sample bureau where it stands, and nothing else does."""
    ours = sample_agencies()
    if not Agency.objects.exists() or Agency.objects.exclude(number__in=ours).exists():
        return None
    return sample_found()


@open_page
def demo(request: HttpRequest) -> HttpResponse:
    """Offer every post; let in as the one that is chosen."""
    sample = posts_offered()
    if sample is None:
        raise Http404
    groups: dict[str, list[Sequence[str]]] = {}
    for number, name, agency, post in sample.operators:
        groups.setdefault(agency, []).append((number, name, post))
    told: dict[str, Any] = {"groups": groups, "password": sample.password, "beside": beside_of("demo", None)}
    if request.method == "GET":
        return shown(request, "desk/demo.html", **told)
    try:
        found = sample_sign_in(request.POST.get("number", ""), address_of(request))
    except BusinessError as refused:
        return shown(request, "desk/demo.html", status=status_of(refused.code), alert=str(refused), **told)
    return DESK.let_in(request, found.token)

"""Which address leads where."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path
from django.utils.module_loading import module_has_submodule

from renshe.channels.api.urls import api
from renshe.channels.portal.apps import is_open
from renshe.web.health import healthz, metrics


def lines() -> Iterator[str]:
    """Yield the business lines that are installed and have pages."""
    for one in apps.get_app_configs():
        if one.name.startswith("renshe.modules.") and one.module and module_has_submodule(one.module, "urls"):
            yield one.name


handler400 = "renshe.channels.api.problems.refused"
handler404 = "renshe.web.refusing.nowhere"
handler500 = "renshe.web.refusing.fault"
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("exchange/v1/", include("renshe.channels.partners.urls")),
    path("healthz", healthz),
    path("metrics", metrics),
    path("", include("renshe.channels.desk.urls")),
    *([path("", include("renshe.channels.portal.urls"))] if is_open() else []),
    *(path("", include(f"{name}.urls")) for name in lines()),
]

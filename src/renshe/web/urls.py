"""Which address leads where."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from renshe.channels.api.urls import api
from renshe.web.health import healthz, metrics

handler400 = "renshe.channels.api.problems.refused"
handler404 = "renshe.channels.api.problems.nowhere"
handler500 = "renshe.channels.api.problems.fault"
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("healthz", healthz),
    path("metrics", metrics),
]

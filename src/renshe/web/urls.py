"""Which address leads where."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from renshe.channels.api.urls import api
from renshe.web.health import healthz, metrics

handler400 = "renshe.web.refusing.refused"
handler404 = "renshe.web.refusing.nowhere"
handler500 = "renshe.web.refusing.fault"
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("healthz", healthz),
    path("metrics", metrics),
    path("", include("renshe.channels.desk.urls")),
]

"""Which address leads where."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from renshe.channels.api.urls import api

urlpatterns: list[URLPattern | URLResolver] = [path("api/v1/", api.urls)]

"""The addresses for partners, under ``exchange/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from renshe.channels.partners import packages

urlpatterns: list[URLPattern] = [
    path("packages", packages.packages, name="partner_packages"),
    path("packages/<str:name>", packages.package, name="partner_package"),
]

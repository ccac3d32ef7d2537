"""The app that brings stylesheet, script and parts."""

from __future__ import annotations

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Parts of pages; no models."""

    name = "renshe.core.pages"
    label = "pages"

"""The register and the lines hang together loosely: by numbers, and each may be taken out."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.apps import apps

WITHOUT = """
from renshe.web import settings
settings.INSTALLED_APPS = [one for one in settings.INSTALLED_APPS if "modules" not in one]
settings.SECRET_KEY = "for this test alone, and long enough that nothing is said of it"
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "renshe.web.settings"
import django
django.setup()
from django.core.checks import run_checks
assert run_checks() == [], run_checks()
from renshe.channels.api.urls import api
from renshe.core.casework.types import case_types
paths = api.get_openapi_schema()["paths"]
assert "/api/v1/cases" in paths and not [one for one in paths if "people" in one or "units" in one]
assert not [one.name for one in case_types() if one.name.startswith("registry.")]
print("whole")
"""


@pytest.mark.req("S4-20")
def test_what_is_beneath_stands_without_the_lines() -> None:
    told = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert told.stdout.strip() == "whole", told.stderr[-2000:]


@pytest.mark.req("S4-19", "S4-21")
def test_no_line_keeps_a_copy_of_who_somebody_is() -> None:
    own = {"id_number", "birth_date", "sex", "ethnicity"}
    copies = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("renshe.modules.")
        and not model.__module__.startswith("renshe.modules.registry.")
        for field in model._meta.concrete_fields
        if field.name in own
    ]
    assert copies == []

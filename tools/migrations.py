"""Write the migrations that the models ask for. No database is asked.

.venv/bin/python tools/migrations.py [--check] [app …]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command


def main(arguments: list[str]) -> None:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.core.settings")
    for database in settings.DATABASES.values():
        database["ENGINE"] = "django.db.backends.dummy"
    django.setup()
    call_command("makemigrations", *arguments)


if __name__ == "__main__":
    main(sys.argv[1:])

"""How a process comes to the database: the server is found or started, Django is told where it is.

Rule: ``DATABASE_URL`` names the agency's own server, as a role that may create roles and databases; without it renshe
runs its own under ``RENSHE_HOME``. Passwords of the two roles that are then used are drawn here and kept there.
"""

from __future__ import annotations

import os
from pathlib import Path

import django
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

from renshe.core.database.embedded import start_embedded
from renshe.core.database.home import home, secret
from renshe.core.database.roles import DATABASE, Logins, prepare


def reach(folder: Path, server: str | None = None, database: str = DATABASE) -> Logins:
    """Return the logins of this installation, roles and database made if need be; ``server``: URL of an own server."""
    url = server or start_embedded(folder)
    return prepare(
        url,
        owner_password=secret(folder, f"{database}_owner"),
        application_password=secret(folder, f"{database}_app"),
        database=database,
    )


def set_up() -> Logins:
    """Set Django up for this process and return the logins."""
    folder = home()
    logins = reach(folder, os.environ.get("DATABASE_URL"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renshe.web.settings")
    os.environ.setdefault("RENSHE_SECRET_KEY", secret(folder, "django"))
    tell(logins)
    settings.PAPERS = folder / "papers"
    django.setup()
    return logins


def tell(logins: Logins) -> None:
    """Tell Django's settings where the database is."""
    for alias, login in (("default", logins.application), ("owner", logins.owner)):
        told = {name: str(value) for name, value in conninfo_to_dict(login).items()}
        settings.DATABASES[alias].update(
            NAME=told["dbname"],
            USER=told["user"],
            PASSWORD=told["password"],
            HOST=told.get("host", ""),
            PORT=told.get("port", ""),
        )

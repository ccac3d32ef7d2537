"""How a process comes to the database: the server is found or started, Django is told where it is.

Rule: ``DATABASE_URL`` names the agency's own server, as a role that may create roles and databases; without it renshe
runs its own under ``RENSHE_HOME``. Passwords of the two roles that are then used are drawn here and kept there.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import django
import psycopg
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from renshe.core.database.embedded import start_embedded
from renshe.core.database.home import half_restored, home, secret
from renshe.core.database.roles import DATABASE, Logins, prepare
from renshe.core.errors import BusinessError


def server_of(folder: Path, own: str | None = None) -> str:
    """Return the URL of the server's role that makes databases: of the agency's ``own`` server, or of ours, started."""
    try:
        return own or start_embedded(folder)
    except (psycopg.OperationalError, subprocess.SubprocessError) as error:
        raise BusinessError("start.database", why=" ".join(str(error).split())) from None


def reach(folder: Path, server: str | None = None, database: str = DATABASE) -> Logins:
    """Return the logins of this installation, roles and database made if need be; ``server``: URL of an own server."""
    try:
        return prepare(
            server_of(folder, server),
            owner_password=secret(folder, f"{database}_owner"),
            application_password=secret(folder, f"{database}_app"),
            database=database,
        )
    except psycopg.Error as error:
        raise BusinessError("start.database", why=" ".join(str(error).split())) from None


def set_up() -> Logins:
    """Set Django up for this process and return the logins; BusinessError where a restoration was broken off."""
    folder = home()
    (folder / "papers").mkdir(mode=0o700, exist_ok=True)
    if half_restored(folder).exists():
        raise BusinessError("backup.half_restored", home=folder)
    logins = reach(folder, os.environ.get("DATABASE_URL"))
    set_up_django(folder, logins)
    return logins


def set_up_django(folder: Path, logins: Logins | None = None) -> None:
    """Set Django up for this process; it is told where the database is now, or later (``tell``)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renshe.web.settings")
    if "RENSHE_SECRET_KEY" not in os.environ:
        os.environ["RENSHE_SECRET_KEY"] = secret(folder, "django")
    settings.PAPERS = folder / "papers"
    if logins is not None:
        tell(logins)
    django.setup()


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


def told() -> Logins:
    """Return the logins that Django was told, for what works beside it."""

    def login(alias: str) -> str:
        found = settings.DATABASES[alias]
        named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
        return make_conninfo("", **{name: str(found[key]) for name, key in named.items() if found[key]})

    return Logins(login("owner"), login("default"))

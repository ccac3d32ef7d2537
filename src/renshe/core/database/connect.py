"""How a process comes to the database: the server is found or started, Django is told where it is.

Rule: ``DATABASE_URL`` names the agency's own server, as a role that may create roles and databases; without it renshe
runs its own under ``RENSHE_HOME``. Passwords of the two roles that are then used are drawn here and kept there.
"""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from pathlib import Path

import django
import psycopg
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from renshe.core.database.embedded import start_embedded
from renshe.core.database.home import half_restored, home, secret
from renshe.core.database.roles import DATABASE, Logins, prepare
from renshe.core.errors import BusinessError

_REASONS = {
    "invalid port number": "端口须是 1 至 65535 的整数",
    'connection option "port"': "端口须是 1 至 65535 的整数",
    "invalid sslmode value": "sslmode 的写法不对",
    "Connection refused": "该地址和端口上没有数据库在运行",
    "could not translate host name": "找不到这台主机",
    "failed to resolve host": "找不到这台主机",
    "timeout": "服务器没有应答",
    "No such file or directory": "没有这个套接字",
    "password authentication failed": "用户名或密码不对",
    "no password supplied": "没有写密码",
    "no pg_hba.conf entry": "服务器不允许从本机连接，见其 pg_hba.conf",
    "Network is unreachable": "网络不通",
    "No route to host": "网络不通",
    "too many c": "服务器的连接已满",
    "starting up": "数据库正在启动",
    "shutting down": "数据库正在停止",
    "in recovery mode": "数据库正在从意外停止中恢复",
    "terminating connection": "数据库已停止，或切断了连接",
    "server closed the connection": "数据库已停止，或切断了连接",
    "connection is closed": "数据库已停止，或切断了连接",
    "connection is lost": "数据库已停止，或切断了连接",
    "connection already closed": "数据库已停止，或切断了连接",
    "does not exist": "没有其中写的用户或库",
}
"""What libpq and servers say, and what it means; the first that fits is told."""


def server_of(folder: Path, own: str | None = None) -> str:
    """Return the URL of the server's role that makes databases: of the agency's ``own`` server, or of ours, started."""
    return own or start_embedded(folder)


def reach(folder: Path, server: str | None = None, database: str = DATABASE, *, begin: bool = True) -> Logins:
    """Return the logins of this installation; ``server``: URL of an own server. Roles and database are made if need be,
    or, unless it is to ``begin``, BusinessError where there is no database."""
    reached, application = server_of(folder, server), secret(folder, f"{database}_app")
    try:
        return prepare(
            reached,
            owner_password=secret(folder, f"{database}_owner"),
            application_password=application,
            database=database,
            begin=begin,
            home=sha256(b"home " + application.encode()).hexdigest()[:16],
        )
    except psycopg.errors.InsufficientPrivilege as error:
        raise BusinessError("start.database_rights", why=error.diag.message_primary) from None
    except psycopg.OperationalError as error:
        raise BusinessError("start.database", why=why_not(error)) from None
    except psycopg.ProgrammingError as error:
        if error.sqlstate is not None:
            raise
        # What the library says of it repeats the password.
        raise BusinessError("start.database_url") from None


def why_not(error: psycopg.Error) -> str:
    """Return in words why a server was not reached, or went away."""
    said = str(error)
    return next((words for part, words in _REASONS.items() if part in said), " ".join(said.split()))


def set_up(*, begin: bool = False) -> Logins:
    """Set Django up for this process and return the logins; BusinessError where a restoration was broken off, or,
    unless it is to ``begin``, nothing was begun here."""
    folder, own = home(begin=begin), os.environ.get("DATABASE_URL")
    if half_restored(folder).exists():
        raise BusinessError("backup.half_restored", home=folder)
    if not begin and not _begun(folder, own):
        raise BusinessError("start.no_home", home=folder)
    logins = reach(folder, own, begin=begin)
    (folder / "papers").mkdir(mode=0o700, exist_ok=True)
    set_up_django(folder, logins)
    return logins


def _begun(folder: Path, own: str | None) -> bool:
    """Whether ``folder`` has the passwords of a database and, unless that is on an ``own`` server, the database."""
    passwords = all((folder / "secrets" / f"{DATABASE}_{role}").is_file() for role in ("owner", "app"))
    return passwords and (own is not None or (folder / "database" / "PG_VERSION").is_file())


def set_up_django(folder: Path, logins: Logins | None = None) -> None:
    """Set Django up for this process; it is told where the database is now, or later (``tell``), and then draws no key
    that stays: a bureau that is restored brings its own, and nothing of it is made before its mark."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renshe.web.settings")
    if "RENSHE_SECRET_KEY" not in os.environ:
        drawn = secret(folder, "django") if logins is not None else secrets.token_urlsafe(48)
        os.environ["RENSHE_SECRET_KEY"] = drawn
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

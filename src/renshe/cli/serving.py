"""``renshe migrate``, ``renshe serve`` and ``renshe worker``."""

from __future__ import annotations

from renshe import __version__
from renshe.cli.show import say
from renshe.core.database.connect import set_up
from renshe.core.database.roles import DATABASE


def run_migrate() -> None:
    """Bring the database to this program's shape."""
    set_up(begin=True)
    from renshe.core.journal.installing import migrate

    migrate(f"{DATABASE}_app", __version__)
    say(f"数据库已是 renshe {__version__} 的结构")


def run_serve(host: str, port: int, workers: int) -> None:
    """Run web and background work until told to stop."""
    from renshe.web.serving import serve

    serve(host, port, workers, say)


def run_worker(*, with_parent: bool) -> None:
    """Do background work until told to stop."""
    from renshe.web.serving import stop_with_parent

    if with_parent:
        stop_with_parent()
    set_up()
    from renshe.core.jobs.running import work

    work()

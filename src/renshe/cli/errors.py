"""From exceptions to one line and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

_LOST = ("08", "57P")
"""Classes of SQLSTATE that say that the database went away; of one that is not there at all there is none."""


def explain(error: BaseException) -> int:
    """Print one line for ``error`` and return the exit code: 2 for what the user can mend, else 1."""
    from renshe.cli.show import OutputError
    from renshe.core.errors import BusinessError
    from renshe.core.exchange.ways.way import Unreachable
    from renshe.engine.decisions.log import DecisionError
    from renshe.engine.mending.refusals import MendingError
    from renshe.engine.project import ProjectError
    from renshe.engine.rounds.store import BusyError, FullDiskError, full_disk, is_full_disk
    from renshe.engine.rules.catalogue import CatalogueError
    from renshe.engine.sources.base import SourceError
    from renshe.engine.spark.session import SparkUnavailableError
    from renshe.engine.staging.columns import ColumnError
    from renshe.peer.folder import PeerError

    error = _of_the_database(error) or error
    line = " ".join(str(error).split()) or type(error).__name__
    mendable = (
        BusinessError,
        ProjectError,
        MendingError,
        DecisionError,
        SourceError,
        ColumnError,
        CatalogueError,
        SparkUnavailableError,
        PeerError,
        Unreachable,
    )
    if isinstance(error, mendable):
        print(f"错误：{line}", file=sys.stderr)
        return 2
    if is_full_disk(error):
        error = full_disk(Path.cwd())
        line = str(error)
    if isinstance(error, BusyError | FullDiskError | OutputError):
        print(f"错误：{line}", file=sys.stderr)
        return 1
    if isinstance(error, OSError):
        print(f"错误：{line}；请检查磁盘空间和文件夹权限", file=sys.stderr)
        return 1
    if os.environ.get("RENSHE_DEBUG"):
        traceback.print_exception(error)
    print(f"错误：程序出现意外（{type(error).__name__}：{line}）；请把这一行和操作步骤报给维护者", file=sys.stderr)
    return 1


def _of_the_database(error: BaseException) -> Exception | None:
    """Return in our words that the database is not there any more; None where ``error`` is another."""
    import psycopg

    from renshe.core.database.connect import why_not
    from renshe.core.errors import BusinessError

    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError):
        return None
    if cause.sqlstate is not None and not cause.sqlstate.startswith(_LOST):
        return None
    return BusinessError("start.database_lost", why=why_not(cause))

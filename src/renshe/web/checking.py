"""``renshe check``: whether this installation may work, and what to do where it may not.

Rule (防止恶意篡改生产数据; 防止信息泄露): keys are the program's alone, the application's role can do no more than it
needs, the tables are journalled, the clock goes right. Each check is a small function that yields what it found.

Invariant: nothing is changed; every finding says what to do.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.db import connections
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor

from renshe.core.exchange.limits import is_limit
from renshe.core.journal.installing import altered
from renshe.core.journal.standing import lacking
from renshe.core.journal.triggers import APPEND_ONLY
from renshe.web.operating import Finding, operating

OLDEST_SERVER = 14
_LEAST_DISK = 1 << 30
_TIGHT_DISK = 10 << 30
_CLOCKS_APART = timedelta(seconds=5)


def findings(folder: Path, application: str, *, deploy: bool) -> list[Finding]:
    """Check the installation whose home is ``folder``; ``application``: the role that works; ``deploy``: also what
    only regular operation asks for."""
    found = [*_secrets(folder), *_disk(folder), *_django(deploy), *_exchange()]
    if deploy:
        found += _hosts()
    with connections["owner"].cursor() as cursor:
        for check in (_server, _role, _clock):
            found += check(cursor, application)
        if pending := list(_migrations()):
            return found + pending
        # What should stand, and what the rooms know, is asked for where the tables are as the program has them.
        for check in (_tables, _triggers, _rules):
            found += check(cursor, application)
    return found + list(operating(folder, deploy=deploy))


def _secrets(folder: Path) -> Iterator[Finding]:
    """Keys and papers are readable by the program's own user alone."""
    kept = folder / "secrets"
    if os.name != "posix":
        return
    for path in (kept, folder / "papers", folder / "backups", *sorted(kept.glob("*"))):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            mode = "700" if path.is_dir() else "600"
            yield Finding(f"{path} 他人可以读取", f"运行 chmod {mode} {path}")


def _disk(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    if free < _TIGHT_DISK:
        remedy = f"清理 {folder} 所在的磁盘，或换更大的磁盘"
        yield Finding(f"磁盘只剩 {free / (1 << 30):.1f} GB", remedy, forbids=free < _LEAST_DISK)


def _hosts() -> Iterator[Finding]:
    if not os.environ.get("RENSHE_HOSTS", "").strip():
        yield Finding("没有设置 RENSHE_HOSTS", "把它设为用户访问的域名或地址，多个用空格分开")
    if "*" in settings.ALLOWED_HOSTS:
        yield Finding("RENSHE_HOSTS 允许任何域名", "逐个写明域名或地址")


def _exchange() -> Iterator[Finding]:
    told = settings.EXCHANGE_MOST_MB
    if told and not is_limit(told):
        yield Finding("RENSHE_EXCHANGE_MOST_MB 不是兆数，不起作用", "写成整数，例如 200；不限制的就不要设置")


def _django(deploy: bool) -> Iterator[Finding]:
    for message in checks.run_checks(include_deployment_checks=deploy):
        if message.is_silenced():
            continue
        forbids = message.level >= checks.ERROR
        yield Finding(f"{message.id}：{message.msg}", message.hint or "请报给维护者", forbids)


def _server(cursor: CursorWrapper, application: str) -> Iterator[Finding]:
    cursor.execute(
        "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_encoding'),"
        " datcollate = 'C' AND coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c'"
        " FROM pg_database d WHERE datname = current_database()"
    )
    version, encoding, by_bytes = cursor.fetchone()
    if version < OLDEST_SERVER:
        yield Finding(f"数据库是 PostgreSQL {version}", f"升级到 {OLDEST_SERVER} 或更新的版本")
    if encoding != "UTF8":
        yield Finding(f"数据库编码是 {encoding}", "用 UTF8 编码另建数据库，再恢复备份")
    if not by_bytes:
        remedy = "备份后删除该数据库，再运行 renshe restore，由程序建库"
        yield Finding("数据库不按字节排序（COLLATE 不是 C），登记和检索会慢", remedy, forbids=False)


def _role(cursor: CursorWrapper, application: str) -> Iterator[Finding]:
    """The application's role has no power of its own and owns nothing."""
    cursor.execute(
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication,"
        " EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid),"
        " EXISTS (SELECT FROM pg_shdepend d WHERE d.refobjid = r.oid AND d.deptype = 'o'),"
        " has_schema_privilege(r.oid, 'public', 'CREATE')"
        " OR has_database_privilege(r.oid, current_database(), 'CREATE')"
        " FROM pg_roles r WHERE rolname = %s",
        [application],
    )
    told = cursor.fetchone()
    if told is None:
        yield Finding(f"数据库没有角色 {application}", "运行 renshe migrate")
        return
    powers = ("有超级用户、建库建角色或绕过行级权限的权力", "是其他角色的成员", "拥有数据库中的对象", "可以新建对象")
    for has, power in zip(told, powers, strict=True):
        if has:
            yield Finding(
                f"角色 {application} {power}",
                f"由数据库管理员收回：它只能读写数据（REVOKE、REASSIGN OWNED BY {application} TO …）",
            )


def _tables(cursor: CursorWrapper, application: str) -> Iterator[Finding]:
    """The application empties no table, sets no trigger aside and writes in the journal only through triggers."""
    cursor.execute(
        "SELECT string_agg(relname, '、' ORDER BY relname) FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        " AND EXISTS (SELECT FROM pg_roles WHERE rolname = %(app)s)"
        " AND CASE WHEN relname = ANY (%(kept)s) THEN has_table_privilege(%(app)s, oid, 'INSERT, UPDATE, DELETE')"
        " OR has_table_privilege(%(app)s, oid, 'TRUNCATE, TRIGGER')"
        " ELSE has_table_privilege(%(app)s, oid, 'TRUNCATE, TRIGGER') END",
        {"app": application, "kept": list(APPEND_ONLY)},
    )
    [found] = cursor.fetchone()
    if found:
        yield Finding(f"角色 {application} 对 {found} 的权限过大", "运行 renshe migrate，权限会重新设定")


def _triggers(cursor: CursorWrapper, application: str) -> Iterator[Finding]:
    """What writes the journal and keeps it is as the program makes it, and switched on."""
    if found := "、".join(altered(cursor, application)):
        yield Finding(
            f"写日志的函数或触发器 {found} 缺失、停用或被改动，修改不会全部写入日志",
            "先查明是谁、何时所为，运行 renshe journal verify --rows 找出未留痕的修改，再运行 renshe migrate 并启用",
        )


def _rules(cursor: CursorWrapper, application: str) -> Iterator[Finding]:
    """What keeps makers and checkers apart, papers held and rights in four hands stands as the migrations made it."""
    if found := "、".join(lacking(cursor)):
        yield Finding(
            f"数据库中的规则 {found} 缺失、停用或被改动，不相容岗位分离等不再由数据库保证",
            "先查明是谁、何时所为并保留现场；从备份恢复，或请维护者按本版本补建后再检查",
        )


def _clock(cursor: CursorWrapper, application: str) -> Iterator[Finding]:
    """This machine and the database agree on the time, and it does not go back."""
    cursor.execute("SELECT clock_timestamp()")
    [there] = cursor.fetchone()
    if abs(there - datetime.now(UTC)) > _CLOCKS_APART:
        yield Finding("本机与数据库服务器的时钟不一致", "让两台机器都与同一时间服务器对时")
    cursor.execute("SELECT to_regclass('journal_entry') IS NOT NULL")
    if cursor.fetchone()[0]:
        cursor.execute(
            "SELECT max(at) - clock_timestamp() FROM journal_entry"
            " WHERE id > (SELECT max(id) - 1000 FROM journal_entry)"
        )
        [ahead] = cursor.fetchone()
        if ahead is not None and ahead > _CLOCKS_APART:
            yield Finding("时钟比日志中最近的记录还早", "先校准时钟再办理业务")


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connections["owner"])
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        yield Finding(f"数据库有 {len(pending)} 项结构升级未做", "运行 renshe migrate（renshe serve 启动时会自动做）")
    newer = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
    known = {app for app, _ in executor.loader.disk_migrations}
    if strange := sorted(name for app, name in newer if app in known):
        yield Finding(f"数据库由较新的程序升级过（{strange[0]}）", "换用较新的程序")

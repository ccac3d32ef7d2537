"""What forbids operation is found, each with its remedy; of a sound installation nothing is said."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from renshe.core.database.home import secret
from renshe.core.database.roles import Logins
from renshe.web import checking
from renshe.web.checking import Finding, findings

Order = Callable[[str], None]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    secret(tmp_path, "django")
    monkeypatch.setattr(checking, "_TIGHT_DISK", 0)
    return tmp_path


@pytest.fixture
def server(postgres_url: str) -> Order:
    """Do something as the server's superuser."""

    def order(told: str) -> None:
        reached = make_conninfo("", **{**conninfo_to_dict(postgres_url), "dbname": "bureau"})
        with psycopg.connect(reached, autocommit=True) as own:
            own.execute(told)

    return order


def found(home: Path, *, deploy: bool = False) -> list[Finding]:
    try:
        return findings(home, "bureau_app", deploy=deploy)
    finally:
        connections["owner"].close()


def forbidden(home: Path) -> str:
    told = [one for one in found(home) if one.forbids]
    assert all(one.remedy for one in told)
    return "；".join(one.what for one in told)


def test_of_a_sound_installation_nothing_is_said(logins: Logins, home: Path) -> None:
    assert found(home) == []


def test_keys_that_others_can_read_are_found(logins: Logins, home: Path) -> None:
    (home / "secrets" / "django").chmod(0o640)
    assert forbidden(home) == f"{home}/secrets/django 他人可以读取"
    (home / "secrets" / "django").chmod(0o600)
    (home / "secrets").chmod(0o755)
    assert forbidden(home) == f"{home}/secrets 他人可以读取"


@pytest.mark.parametrize(
    ("done", "undone", "told"),
    [
        ("ALTER ROLE bureau_app BYPASSRLS", "ALTER ROLE bureau_app NOBYPASSRLS", "有超级用户"),
        ("ALTER ROLE bureau_app CREATEROLE", "ALTER ROLE bureau_app NOCREATEROLE", "有超级用户"),
        ("GRANT bureau_owner TO bureau_app", "REVOKE bureau_owner FROM bureau_app", "其他角色的成员"),
        (
            "ALTER TABLE toys_shop OWNER TO bureau_app",
            "ALTER TABLE toys_shop OWNER TO bureau_owner",
            "拥有数据库中的对象",
        ),
        ("GRANT CREATE ON SCHEMA public TO bureau_app", "REVOKE CREATE ON SCHEMA public FROM bureau_app", "可以新建"),
        (
            "GRANT TRUNCATE ON toys_shop TO bureau_app",
            "REVOKE TRUNCATE ON toys_shop FROM bureau_app",
            "toys_shop 的权限过大",
        ),
        (
            "GRANT DELETE ON journal_entry TO bureau_app",
            "REVOKE DELETE ON journal_entry FROM bureau_app",
            "journal_entry 的权限过大",
        ),
        (
            "ALTER TABLE toys_shop DISABLE TRIGGER journal_update",
            "ALTER TABLE toys_shop ENABLE TRIGGER journal_update",
            "toys_shop.journal_update 缺失、停用或被改动",
        ),
        (
            "DELETE FROM django_migrations WHERE app = 'toys'",
            "INSERT INTO django_migrations (app, name, applied) VALUES ('toys', '0001_initial', now())",
            "项结构升级未做",
        ),
        (
            "INSERT INTO django_migrations (app, name, applied) VALUES ('org', '9999_later', now())",
            "DELETE FROM django_migrations WHERE name = '9999_later'",
            "9999_later",
        ),
    ],
)
@pytest.mark.req("S1-67", part="who could tamper is found")
def test_what_the_application_could_do_and_must_not_is_found(
    committed: None, home: Path, server: Order, done: str, undone: str, told: str
) -> None:
    server(done)
    try:
        assert told in forbidden(home)
    finally:
        server(undone)
        if "OWNER" in undone:
            server("GRANT SELECT, INSERT, UPDATE, DELETE ON toys_shop TO bureau_app")
    assert forbidden(home) == ""


def test_a_database_ordered_by_a_language_is_told_and_forbids_nothing(
    logins: Logins, home: Path, server: Order
) -> None:
    ordered = "UPDATE pg_database SET datcollate = '{}' WHERE datname = 'bureau'"
    server(ordered.format("C.UTF-8"))
    try:
        [one] = found(home)
    finally:
        server(ordered.format("C"))
    assert "不按字节排序" in one.what and not one.forbids


def test_a_clock_that_differs_or_went_back_is_found(
    committed: None, logins: Logins, home: Path, monkeypatch: pytest.MonkeyPatch, server: Order
) -> None:
    monkeypatch.setattr(checking, "_CLOCKS_APART", timedelta(days=-1))
    assert "时钟不一致" in forbidden(home)
    monkeypatch.undo()
    monkeypatch.setattr(checking, "_TIGHT_DISK", 0)
    server(
        "INSERT INTO journal_entry (at, operator, reason, table_name, operation, key)"
        " VALUES (now() + interval '1 hour', 'op', 'x', 't', 'I', '1')"
    )
    assert forbidden(home) == "时钟比日志中最近的记录还早"


def test_a_disk_that_is_nearly_full_is_told_and_one_that_is_full_forbids(
    logins: Logins, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    usage = namedtuple("usage", "free")
    for free, forbids in ((5 << 30, False), (1 << 20, True)):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage(free))
        [one] = found(home)
        assert one.forbids is forbids and "磁盘" in one.what


def test_regular_operation_asks_for_hosts(logins: Logins, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> str:
        return "；".join(one.what for one in found(home, deploy=True) if one.forbids)

    monkeypatch.delenv("RENSHE_HOSTS", raising=False)
    assert "没有设置 RENSHE_HOSTS" in told()
    monkeypatch.setenv("RENSHE_HOSTS", "renshe.example")
    assert "RENSHE_HOSTS" not in told()
    # What the framework would say in English is set right or does not apply.
    assert not [one for one in found(home, deploy=True) if one.what.startswith("security.")]

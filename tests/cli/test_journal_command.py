"""``renshe journal`` as an administrator runs it, in an installation of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]

INSTALL = """
from renshe.core.database.connect import set_up
set_up(begin=True)
from renshe.core.journal.installing import migrate
migrate("renshe_app", "test")
"""


@pytest.fixture
def run(postgres_url: str, tmp_path: Path) -> Iterator[Run]:
    (tmp_path / "share").mkdir()
    environment = {
        **os.environ,
        "DATABASE_URL": postgres_url,
        "RENSHE_HOME": str(tmp_path / "home"),
        "RENSHE_SEAL_PLACE": str(tmp_path / "share"),
        "DJANGO_SETTINGS_MODULE": "tests.core.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        words = ["-c", *arguments] if arguments[0] == INSTALL else ["-m", "renshe.cli.main", "journal", *arguments]
        return subprocess.run(
            [sys.executable, *words], check=False, env=environment, capture_output=True, encoding="utf-8"
        )

    yield command
    # The server is the session's: others bring up a bureau of this name too.
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS renshe WITH (FORCE)")
        for role in ("renshe_owner", "renshe_app"):
            server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


@pytest.mark.req("S1-67")
def test_the_journal_is_sealed_told_and_what_was_altered_is_named(run: Run, postgres_url: str, tmp_path: Path) -> None:
    before = run("verify")
    assert before.returncode == 2 and "没有本系统的数据" in before.stderr
    assert run(INSTALL).returncode == 0
    superuser = make_conninfo("", **{**conninfo_to_dict(postgres_url), "dbname": "renshe"})
    with psycopg.connect(superuser) as own:
        own.execute("""SELECT journal_declare('{"operator": "op-1", "reason": "x"}')""")
        own.execute("INSERT INTO org_postgroup SELECT 'g' || n, 'x', '{}', false FROM generate_series(1, 150) n")
    tail = run("verify")
    assert tail.returncode == 0 and "尾部 150 条尚未封存" in tail.stdout and "日志完整" in tail.stdout
    assert "新封 1 块" in run("seal").stdout
    told = tmp_path / "share" / "renshe-journal-chain.txt"
    assert run("verify", "--told", str(told)).returncode == 0
    with psycopg.connect(superuser) as own:
        own.execute("SET session_replication_role = replica")
        own.execute("UPDATE journal_entry SET operator = 'op-2' WHERE id <= 120")
        own.execute("DELETE FROM journal_entry WHERE id = 130")
    found = run("verify", "--told", str(told))
    assert found.returncode == 3 and "日志不完整" in found.stdout and "缺失的记录 1 个：130" in found.stdout
    machine = run("verify", "--json")
    assert machine.returncode == 3
    result = json.loads(machine.stdout)
    assert result["altered"]["count"] == 120 and len(result["altered"]["first"]) == 100
    missing = run("verify", "--told", str(tmp_path / "nothing"))
    assert missing.returncode == 2 and "没有文件" in missing.stderr


@pytest.mark.req("S1-67", part="whoever holds the machine and makes all anew is found by what another place was told")
def test_a_journal_that_was_made_anew_or_is_an_old_one_is_found_by_the_place_that_was_told(
    run: Run, postgres_url: str, tmp_path: Path
) -> None:
    assert run(INSTALL).returncode == 0
    superuser = make_conninfo("", **{**conninfo_to_dict(postgres_url), "dbname": "renshe"})
    kept = tmp_path / "home" / "journal" / "renshe-journal-chain.txt"

    def write(first: int) -> None:
        with psycopg.connect(superuser) as own:
            own.execute("""SELECT journal_declare('{"operator": "op-1", "reason": "x"}')""")
            rows = "SELECT 'g' || n, 'x', '{}', false FROM generate_series(%s::int, %s) n"
            own.execute(f"INSERT INTO org_postgroup {rows}", [first, first + 9])

    write(1)
    assert "新封 1 块" in run("seal").stdout and run("verify").returncode == 0
    # What was kept at home is gone: a block has nothing that it could be compared with.
    told, share = kept.read_text(), tmp_path / "share" / kept.name
    share.unlink()
    for rest in ("", "no seal at all\n"):
        kept.write_text(rest)
        found = run("verify")
        assert found.returncode == 3 and "最后 1 块没有封条可比" in found.stdout
    share.write_text(told)
    nothing = tmp_path / "nothing.txt"
    nothing.write_text("no seal\n")
    assert "没有封条" in run("verify", "--told", str(nothing)).stderr
    kept.write_text(told)
    with psycopg.connect(superuser) as own:
        own.execute("SET session_replication_role = replica")
        own.execute("UPDATE journal_entry SET operator = 'op-2' WHERE id = 3")
        own.execute("DELETE FROM journal_block")
    kept.unlink()
    refused = run("seal")
    assert refused.returncode == 2 and "不再封存" in refused.stderr and "数据库中没有这一块" in refused.stderr
    found = run("verify")
    assert found.returncode == 3 and "不符的块 1 个：1" in found.stdout
    with psycopg.connect(superuser) as own:
        own.execute("SELECT journal_seal(1)")
    assert "与数据库中的不符" in run("seal").stderr and run("verify").returncode == 3


@pytest.mark.req("S1-67", part="rows that were changed past the triggers are named")
def test_rows_that_were_changed_past_the_triggers_are_named_and_so_is_what_let_them(
    run: Run, postgres_url: str, tmp_path: Path
) -> None:
    assert run(INSTALL).returncode == 0
    superuser = make_conninfo("", **{**conninfo_to_dict(postgres_url), "dbname": "renshe"})

    def as_superuser(*orders: str) -> None:
        with psycopg.connect(superuser) as own:
            for order in orders:
                own.execute(order)

    said = """SELECT journal_declare('{"operator": "op-1", "reason": "x", "approval": "批〔2026〕1号"}')"""
    as_superuser(
        "SET timezone = 'Asia/Shanghai'",
        said,
        "INSERT INTO org_postgroup SELECT 'g' || n, 'x', '{}', false FROM generate_series(1, 9) n",
        "UPDATE org_postgroup SET name = 'y' WHERE code = 'g2'",
        "DELETE FROM org_postgroup WHERE code = 'g3'",
        "INSERT INTO org_region (code, name, level, path, valid_from) VALUES ('22', 'x', 1, '22', '2026-01-01')",
        "INSERT INTO registers_fault (agency, region_id, what, found_at, found_by) VALUES ('a', '22', 'x', now(), 'x')",
    )
    well = run("verify", "--rows")
    assert well.returncode == 0 and "各行与日志一致" in well.stdout, well.stdout
    as_superuser(
        "SET session_replication_role = replica",
        "UPDATE org_postgroup SET name = 'z' WHERE code = 'g1'",
        "DELETE FROM org_postgroup WHERE code = 'g2'",
        "INSERT INTO org_postgroup VALUES ('g3', 'x', '{}', false), ('new', 'x', '{}', false)",
    )
    found = run("verify", "--rows", "--json")
    assert found.returncode == 3 and json.loads(found.stdout)["rows"] == {"org_postgroup": ["g1", "g2", "g3", "new"]}
    assert run("verify").returncode == 0

"""Blocks, and what verification finds of a journal that somebody altered as the server's superuser."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import psycopg
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from renshe.core.database.roles import Logins
from renshe.core.journal.context import Context, declared
from renshe.core.journal.sealing import seal
from renshe.core.journal.verifying import Verdict, root, verify

Tamper = Callable[[str], None]


@pytest.fixture
def tamper(postgres_url: str) -> Tamper:
    """Run SQL as a superuser who puts all triggers aside."""

    def run(order: str) -> None:
        with psycopg.connect(make_conninfo("", **{**conninfo_to_dict(postgres_url), "dbname": "bureau"})) as own:
            own.execute("SET session_replication_role = replica")
            own.execute(order)

    return run


def write(first: int, last: int) -> None:
    with declared(Context(operator="op-1", reason="试验")), connection.cursor() as cursor:
        rows = "SELECT 's' || n, '店' || n FROM generate_series(%s::int, %s::int) n"
        cursor.execute(f"INSERT INTO toys_shop {rows}", [first, last])


def sealed(logins: Logins, *, whole_only: bool = False) -> list[tuple[int, bytes]]:
    with psycopg.connect(logins.application, autocommit=True) as own:
        return seal(own, whole_only=whole_only)


def verdict(logins: Logins, told: dict[int, bytes] | None = None) -> Verdict:
    with psycopg.connect(logins.application) as own:
        return verify(own, *([told] if told else []))


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20))
def test_any_leaf_that_changes_changes_the_root(leaves: list[bytes]) -> None:
    whole = root(b"".join(leaves))
    for at, leaf in enumerate(leaves):
        other = [*leaves[:at], sha256(leaf).digest(), *leaves[at + 1 :]]
        assert root(b"".join(other)) != whole


@pytest.mark.req("S1-67")
def test_a_whole_journal_is_found_whole_and_its_tail_told(committed: None, logins: Logins) -> None:
    write(1, 25_000)
    told = dict(sealed(logins, whole_only=True))
    found = verdict(logins, told)
    assert found.whole and sorted(told) == [1, 2]
    assert (found.blocks, found.entries, found.unsealed, found.unsealed_from) == (2, 20_000, 5_000, 20_001)


@pytest.mark.req("S1-67")
def test_what_was_altered_missing_and_put_in_is_named(committed: None, logins: Logins, tamper: Tamper) -> None:
    write(1, 30)
    # Numbers that nobody has: a place to put something in.
    with pytest.raises(RuntimeError), declared(Context(operator="op-1", reason="试验")):
        connection.cursor().execute("INSERT INTO toys_shop SELECT 'x' || n, 'x' FROM generate_series(1, 5) n")
        raise RuntimeError
    write(31, 40)
    sealed(logins)
    tamper("UPDATE journal_entry SET operator = 'op-2' WHERE id = 7")
    tamper("""UPDATE journal_entry SET after = after || '{"name": "x"}' WHERE id = 8""")
    tamper("DELETE FROM journal_entry WHERE id IN (12, 40)")
    tamper("CREATE TEMP TABLE copied AS SELECT * FROM journal_entry WHERE id = 1;"
           "UPDATE copied SET id = 33; INSERT INTO journal_entry SELECT * FROM copied;"
           "UPDATE copied SET id = -5; INSERT INTO journal_entry SELECT * FROM copied")  # fmt: skip
    tamper("""UPDATE journal_entry SET before = 'null' WHERE id = 9""")
    found = verdict(logins)
    assert (found.altered, found.missing, found.inserted, found.broken) == ([7, 8, 9], [12, 40], [-5, 33], [])
    assert not found.whole


@pytest.mark.parametrize(
    "order",
    [
        "UPDATE journal_block SET leaves = sha256('x') || substring(leaves FROM 33) WHERE number = 1",
        "UPDATE journal_block SET root = sha256('x') WHERE number = 1",
        "UPDATE journal_block SET chain = sha256('x') WHERE number = 1",
        "DELETE FROM journal_block WHERE number = 2",
    ],
)
def test_a_block_that_was_altered_is_named(committed: None, logins: Logins, tamper: Tamper, order: str) -> None:
    for at in (0, 10):
        write(at + 1, at + 10)
        sealed(logins)
    with psycopg.connect(logins.application) as own:
        told = dict(own.execute("SELECT number, chain FROM journal_block").fetchall())
    tamper(order)
    assert verdict(logins, told).broken == ([2] if "number = 2" in order else [1])


def test_whoever_makes_the_whole_chain_anew_is_found_by_what_was_told_elsewhere(
    committed: None, logins: Logins, tamper: Tamper
) -> None:
    write(1, 10)
    told = dict(sealed(logins))
    tamper("UPDATE journal_entry SET operator = 'op-2' WHERE id = 7")
    tamper("DELETE FROM journal_block")
    sealed(logins)
    assert verdict(logins).whole
    assert verdict(logins, told).broken == [1]


def test_an_entry_that_is_still_being_written_is_never_sealed_past(committed: None, logins: Logins) -> None:
    with psycopg.connect(logins.application) as slow:
        slow.execute("SELECT journal_declare(%s::jsonb)", [Context(operator="op-1", reason="x").told()])
        slow.execute("INSERT INTO toys_shop VALUES ('slow', 'x')")
        write(1, 5)
        assert sealed(logins) == []
        slow.commit()
    assert len(sealed(logins)) == 1
    found = verdict(logins)
    assert found.whole and found.entries == 6


def test_two_who_seal_at_once_make_each_block_once(committed: None, logins: Logins) -> None:
    write(1, 20)
    with psycopg.connect(logins.application) as one, psycopg.connect(logins.application, autocommit=True) as other:
        one.execute("SELECT journal_mark()")
        one.commit()
        assert one.execute("SELECT journal_seal(1)").fetchone() == (1,)
        other.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute("SELECT journal_seal(1)")
        one.commit()
        assert other.execute("SELECT journal_seal(1)").fetchone() == (None,)
    assert verdict(logins).whole

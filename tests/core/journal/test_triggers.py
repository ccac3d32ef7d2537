"""What the journal records, and what the database refuses."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from tests.core.toys.models import Account, Person, Shop

from renshe.core.database.roles import Logins
from renshe.core.errors import BusinessError
from renshe.core.journal.context import Context, declared
from renshe.core.journal.models import Entry

CLERK = Context(operator="op-7", agency="ag-1", terminal="t-9", case="C-2026-1", reason="新参保登记")
APPROVED = Context(operator="op-7", reason="清理", approval="批〔2026〕1号")


def told() -> list[tuple[str, str, str]]:
    return list(Entry.objects.order_by("id").values_list("table_name", "operation", "key"))


@pytest.mark.req("S1-65")
def test_a_change_leaves_who_when_from_where_why_and_what_was(db: None) -> None:
    with declared(CLERK):
        person = Person.objects.create(name="张丽华", birth=dt.date(1964, 3, 18))
        Account.objects.create(person=person, year=2020, balance="12.30")
        person.name = "张丽花"
        person.save()
    made, account, changed = Entry.objects.order_by("id")
    assert (made.operator, made.agency, made.terminal, made.case_no, made.reason) == (
        "op-7", "ag-1", "t-9", "C-2026-1", "新参保登记",
    )  # fmt: skip
    assert (made.operation, made.before, made.after["birth"]) == ("I", None, "1964-03-18")
    assert account.person == made.person == str(person.pk) and account.after["balance"] == Decimal("12.30")
    assert (changed.operation, changed.before["name"], changed.after["name"]) == ("U", "张丽华", "张丽花")


@pytest.mark.parametrize("way", ["save", "queryset", "raw", "copy"])
def test_a_change_of_which_nobody_said_who_makes_it_is_refused(db: None, way: str) -> None:
    with declared(CLERK):
        Shop.objects.create(code="s1", name="第一中学")
    change = {
        "save": lambda: Shop(code="s1", name="x").save(),
        "queryset": lambda: Shop.objects.update(name="x"),
        "raw": lambda: connection.cursor().execute("UPDATE toys_shop SET name = 'x'"),
        "copy": lambda: _copy([("s2", "x")]),
    }[way]
    with pytest.raises((DatabaseError, psycopg.DatabaseError), match="没有说明由谁、因何修改"), transaction.atomic():
        change()
    assert list(Shop.objects.values_list("code", "name")) == [("s1", "第一中学")] and len(told()) == 1


def _copy(rows: list[tuple[str, str]]) -> None:
    with connection.cursor() as cursor, cursor.copy("COPY toys_shop (code, name) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def test_bulk_updates_raw_sql_and_copy_are_recorded_row_by_row(db: None) -> None:
    with declared(CLERK):
        _copy([("s1", "一"), ("s2", "二"), ("s3", "三")])
        Shop.objects.filter(code__in=["s1", "s2"]).update(name="改")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE toys_shop SET name = '改'")
    # A row that an update leaves as it was has no entry.
    assert [one[1:] for one in told()] == [("I", "s1"), ("I", "s2"), ("I", "s3"), ("U", "s1"), ("U", "s2"), ("U", "s3")]
    assert set(Entry.objects.values_list("unit", flat=True)) == {"s1", "s2", "s3"}


def test_a_savepoint_taken_back_leaves_nothing_and_what_was_said_stays(db: None) -> None:
    with declared(CLERK):
        Shop.objects.create(code="s1", name="一")
        with pytest.raises(RuntimeError), declared(Context(operator="op-8", reason="另一件")):
            Shop.objects.create(code="s2", name="二")
            raise RuntimeError
        Shop.objects.create(code="s3", name="三")
    assert list(Entry.objects.order_by("id").values_list("key", "operator")) == [("s1", "op-7"), ("s3", "op-7")]


def test_what_was_said_is_gone_after_the_block_though_the_transaction_goes_on(db: None) -> None:
    with declared(CLERK), declared(Context(operator="op-8", reason="另一件")):
        Shop.objects.create(code="s1", name="一")
    with pytest.raises(DatabaseError, match="没有说明"), transaction.atomic():
        Shop.objects.create(code="s2", name="二")
    assert Entry.objects.get().operator == "op-8"


@pytest.mark.parametrize("said", ['{"operator": "op-1", "reason": "x"}', "{}", "{bad", '{"xact": "session"}', '"x"'])
def test_what_was_not_said_by_the_one_function_was_not_said(committed: None, logins: Logins, said: str) -> None:
    with psycopg.connect(logins.application) as own:
        own.execute("SELECT set_config('renshe.context', %s, false)", [said])
        own.commit()
        with pytest.raises(psycopg.DatabaseError, match="没有说明由谁") as refused:
            own.execute("INSERT INTO toys_shop (code, name) VALUES ('s1', 'x')")
        assert refused.value.sqlstate == "RS001"


@pytest.mark.parametrize(
    "said",
    ['{"operator": " ", "reason": "x"}', '{"operator": {"a": 1}, "reason": "x"}', '{"operator": "o", "reason": 1}'],
)
def test_blanks_and_things_are_no_operator_and_no_reason(db: None, said: str) -> None:
    with pytest.raises(DatabaseError, match="没有说明操作人或事由"), transaction.atomic():
        connection.cursor().execute("SELECT journal_declare(%s::jsonb)", [said])


@pytest.mark.parametrize("context", [Context(operator="", reason="x"), Context(operator="op-1", reason="")])
def test_an_empty_operator_or_reason_is_none(db: None, context: Context) -> None:
    with pytest.raises(BusinessError, match="没有说明操作人或事由"), declared(context):
        pass


@pytest.mark.parametrize("operator", ["ghost", "op-7 ", "migrate", "partner:银行"])
def test_nobody_changes_anything_in_the_name_of_who_is_unknown(db: None, operator: str) -> None:
    with pytest.raises(BusinessError, match="不是本系统的人员"), declared(Context(operator=operator, reason="x")):
        Shop.objects.create(code="s1", name="一")
    assert not Shop.objects.exists() and not Entry.objects.exists()


@pytest.mark.req("S2-66")
def test_a_deletion_needs_an_approval_and_leaves_the_whole_row(db: None) -> None:
    with declared(CLERK):
        Shop.objects.create(code="s1", name="一")
        with pytest.raises(DatabaseError, match="没有批准文号，不能删除数据"), transaction.atomic():
            Shop.objects.all().delete()
    typed = Context(operator="op-7", reason="清理", approval="随便写")
    with pytest.raises(BusinessError, match="“随便写”不是已批准删除的申请"), declared(typed):
        Shop.objects.all().delete()
    assert Shop.objects.count() == 1
    with declared(APPROVED):
        Shop.objects.all().delete()
    gone = Entry.objects.get(operation="D")
    assert gone.before == {"code": "s1", "name": "一"} and gone.after is None


@pytest.mark.parametrize(
    "order",
    [
        "TRUNCATE toys_shop",
        "ALTER TABLE toys_shop DISABLE TRIGGER ALL",
        "ALTER TABLE toys_shop ADD COLUMN x int",
        "DROP TRIGGER journal_update ON toys_shop",
        "CREATE TABLE mine (x int)",
        "CREATE TEMP TABLE mine (x int)",
        "CREATE OR REPLACE FUNCTION journal_context() RETURNS jsonb LANGUAGE sql AS $$ SELECT '{}'::jsonb $$",
        "INSERT INTO journal_entry SELECT * FROM journal_entry",
        "UPDATE journal_entry SET operator = 'x'",
        "DELETE FROM journal_entry",
        "TRUNCATE journal_entry",
        "DELETE FROM journal_block",
        "UPDATE journal_reached SET id = 10",
        "DELETE FROM journal_sealedrow",
        "INSERT INTO journal_unsealing SELECT * FROM journal_unsealing",
        "SET session_replication_role = replica",
        "SET ROLE bureau_owner",
    ],
)
def test_the_application_may_do_nothing_that_goes_round_the_journal(
    committed: None, logins: Logins, order: str
) -> None:
    with psycopg.connect(logins.application, autocommit=True) as own:
        own.execute("BEGIN")
        own.execute("""SELECT journal_declare('{"operator": "op", "reason": "x", "approval": "x"}')""")
        own.execute("INSERT INTO toys_shop VALUES ('s1', '一')")
        own.execute("COMMIT")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            own.execute(order)
        assert own.execute("SELECT count(*) FROM journal_entry").fetchone() == (1,)
        with pytest.raises(psycopg.Error, match="没有说明由谁"):
            own.execute("UPDATE toys_shop SET name = 'x'")


def test_two_who_write_at_once_have_each_their_own_entries(committed: None, logins: Logins) -> None:
    with psycopg.connect(logins.application) as one, psycopg.connect(logins.application) as other:
        for at, (own, name) in enumerate(((one, "op-1"), (other, "op-2"), (one, "op-1"), (other, "op-2"))):
            own.execute("SELECT journal_declare(%s::jsonb)", [Context(operator=name, reason="x").told()])
            own.execute("INSERT INTO toys_shop VALUES (%s, 'x')", [f"{name}-{at}"])
        other.commit()
        one.rollback()
    found = Entry.objects.order_by("pk").values_list("operator", "key")
    assert list(found) == [("op-2", "op-2-1"), ("op-2", "op-2-3")]


def test_even_the_owner_changes_nothing_in_the_journal(committed: None, logins: Logins) -> None:
    with declared(CLERK):
        Shop.objects.create(code="s1", name="一")
    with psycopg.connect(logins.owner, autocommit=True) as owner:
        for order in ("UPDATE journal_entry SET operator = 'x'", "DELETE FROM journal_entry", "TRUNCATE journal_entry"):
            with pytest.raises(psycopg.Error, match=r"只能追加|不能清空"):
                owner.execute(order)
    assert told() == [("toys_shop", "I", "s1")]

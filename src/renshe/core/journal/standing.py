"""Whether what the migrations made still stands: the functions, triggers and constraints of every room.

Rule (经办条例 第三十七条; 防止恶意篡改生产数据): that maker and checker are two people is held by the database; whoever
may switch that off must not be able to do so unseen.

Invariant: what should stand is read from the migrations and models of this program, never from the database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.apps import apps
from django.db.backends.utils import CursorWrapper
from django.db.migrations import RunSQL
from django.db.migrations.loader import MigrationLoader

_FUNCTION = re.compile(r"CREATE (?:OR REPLACE )?FUNCTION (\w+)\s*\(.*?AS (\$\w*\$)(.*?)\2", re.DOTALL)
_TRIGGER = re.compile(r"CREATE (?:OR REPLACE )?(?:CONSTRAINT )?TRIGGER (\w+)\s.*?\bON (\w+)\s", re.DOTALL)
_DROPPED = re.compile(r"DROP (FUNCTION|TRIGGER) (?:IF EXISTS )?(\w+)")


def lacking(cursor: CursorWrapper) -> list[str]:
    """Return the functions, triggers and constraints that the migrations made and that are gone, switched off or not
    as they were made. Of a database whose migrations are all done."""
    functions, triggers = _made()
    cursor.execute("SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    sources = dict(cursor.fetchall())
    wrong = {name for name, body in functions.items() if sources.get(name) != body}
    cursor.execute(
        "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE c.relnamespace = 'public'::regnamespace AND t.tgenabled IN ('O', 'A')"
    )
    standing = set(cursor.fetchall())
    wrong |= {f"{table}.{name}" for name, table in triggers - standing}
    cursor.execute(
        "SELECT conname FROM pg_constraint WHERE convalidated UNION"
        " SELECT relname FROM pg_class WHERE relkind = 'i' AND relnamespace = 'public'::regnamespace"
    )
    named = {name for (name,) in cursor.fetchall()}
    return sorted(wrong | {name for name in _constraints() if name not in named})


def _made() -> tuple[dict[str, str], set[tuple[str, str]]]:
    """Return body by name of each function, and (name, table) of each trigger, as the last migration leaves them."""
    functions: dict[str, str] = {}
    triggers: set[tuple[str, str]] = set()
    for statement in _statements():
        for what, name in _DROPPED.findall(statement):
            if what == "FUNCTION":
                functions.pop(name, None)
            else:
                triggers = {one for one in triggers if one[0] != name}
        functions |= {name: body for name, _, body in _FUNCTION.findall(statement)}
        triggers |= set(_TRIGGER.findall(statement))
    return functions, triggers


def _statements() -> Iterator[str]:
    """Yield the SQL of our own migrations, in the order in which they are carried out."""
    graph = MigrationLoader(None).graph
    done: set[tuple[str, str]] = set()
    for leaf in sorted(graph.leaf_nodes()):
        for key in graph.forwards_plan(leaf):
            if key in done or not apps.get_app_config(key[0]).name.startswith("renshe."):
                continue
            done.add(key)
            for operation in graph.nodes[key].operations:
                if isinstance(operation, RunSQL) and isinstance(operation.sql, str):
                    yield operation.sql


def _constraints() -> Iterator[str]:
    for model in apps.get_models():
        if model._meta.app_config.name.startswith("renshe."):
            yield from (one.name for one in model._meta.constraints)

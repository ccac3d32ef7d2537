"""``renshe journal``: the journal sealed, and checked.

Invariant: exit 0 only where every sealed entry is as it was and the chain is what was told; 3 where it is not.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import psycopg
import typer

from renshe.cli.show import say
from renshe.core.database.connect import set_up
from renshe.core.database.home import home
from renshe.core.errors import BusinessError
from renshe.core.journal.rows import rows_differing
from renshe.core.journal.telling import (
    Places,
    Trouble,
    read_told,
    restorations,
    restored_passed_on,
    seal_and_tell,
    told_places,
)
from renshe.core.journal.verifying import Verdict, verify

NOT_WHOLE = 3
_SHOWN = 100
_MOMENT = 2.0


def run_seal(*, full_only: bool, as_json: bool) -> None:
    """Seal, tell, and print what was made and where it could not be told."""
    with _connected(autocommit=True) as connection:
        made, missed = seal_and_tell(connection, Places.of(home()), whole_only=full_only)
    if as_json:
        blocks = [{"number": number, "chain": chain.hex()} for number, chain in made]
        say(json.dumps({"blocks": blocks, "troubles": [_told(one) for one in missed]}, ensure_ascii=False))
        return
    say(f"新封 {len(made)} 块" + (f"，至第 {made[-1][0]} 块" if made else ""))
    for one in missed:
        say(f"封条未能写到 {one.place}（自 {one.since} 起）：{one.why}；恢复后会补写")


def run_verify(told: Path | None, *, rows: bool, as_json: bool) -> None:
    """Verify against every place that was told, and the file ``told``, and print what was found; ``rows``: also whether
    each business row is as its last entry says."""
    if told is not None and not told.is_file():
        raise BusinessError("journal.no_such_file", file=told)
    with _connected() as connection:
        found, unread = told_places(Places.of(home()))
        if told is not None:
            found[str(told)] = read_told(told)
            if not found[str(told)]:
                raise BusinessError("journal.no_seals", file=told)
        verdict = verify(connection, *found.values())
        from renshe.core.journal.watching import watched

        differing = rows_differing(connection, watched()) if rows else {}
    untold = verdict.blocks - _last(found)
    if untold > 0:
        # It may have been sealed just now.
        time.sleep(_MOMENT)
        untold = verdict.blocks - _last(told_places(Places.of(home()))[0] | found)
    whole = verdict.whole and untold <= 0 and not differing and not unread
    if as_json:
        shown = {**_shown(verdict), "whole": whole, "untold": max(untold, 0), "rows": differing}
        say(json.dumps(shown, ensure_ascii=False))
    else:
        for place, why in unread.items():
            say(f"封条存放处 {place} 读不到（{why}），没有与它比对；请恢复后重新核验")
        for place, line in restorations(Places.of(home())):
            say(f"{place} 记有恢复备份（{line}）：此后的块重新封过；如不是本单位所为，请立即报告信息系统负责人")
        if untold > 0:
            say(f"最后 {untold} 块没有封条可比：{Places.of(home()).kept} 缺少它们；运行 renshe journal seal 后重新核验")
        for table, keys in differing.items():
            say(f"表 {table} 与日志不一致的行：{'、'.join(keys)}；请立即报告信息系统负责人，并保留现场")
        if rows and not differing:
            say("业务数据各行与日志一致")
        say("\n".join(_lines(verdict, whole=verdict.whole and untold <= 0)))
    if not whole:
        raise typer.Exit(NOT_WHOLE)


def run_told_restored() -> None:
    """Pass the restoration of a backup on to the second place, and print how many lines it lacked."""
    say(f"已向另一存放处补写 {restored_passed_on(Places.of(home()))} 行")


def _last(found: dict[str, dict[int, bytes]]) -> int:
    return max((number for told in found.values() for number in told), default=0)


def _connected(*, autocommit: bool = False) -> psycopg.Connection:
    connection = psycopg.connect(set_up().application, autocommit=autocommit)
    [there] = connection.execute("SELECT to_regclass('journal_block')").fetchone() or (None,)
    connection.rollback()
    if there is None:
        connection.close()
        raise BusinessError("journal.not_set_up")
    return connection


def _lines(found: Verdict, *, whole: bool) -> list[str]:
    kinds = {
        "被改动的记录": found.altered,
        "缺失的记录": found.missing,
        "插入的记录": found.inserted,
        "不符的块": found.broken,
    }
    lines = [f"{label} {len(which)} 个：{_cut(which)}" for label, which in kinds.items() if which]
    lines.append(f"已核验 {found.blocks} 块、{found.entries} 条")
    if found.unsealed:
        lines.append(f"尾部 {found.unsealed} 条尚未封存，自第 {found.unsealed_from} 条起")
    return [*lines, "日志完整" if whole else "日志不完整，请立即报告信息系统负责人，并保留现场"]


def _cut(numbers: list[int]) -> str:
    shown = "、".join(map(str, numbers[:_SHOWN]))
    return shown if len(numbers) <= _SHOWN else f"{shown} 等"


def _shown(found: Verdict) -> dict[str, object]:
    kinds = {kind: getattr(found, kind) for kind in ("altered", "missing", "inserted", "broken")}
    return {
        **{kind: {"count": len(which), "first": which[:_SHOWN]} for kind, which in kinds.items()},
        "blocks": found.blocks,
        "entries": found.entries,
        "unsealed": found.unsealed,
        "unsealed_from": found.unsealed_from,
    }


def _told(one: Trouble) -> dict[str, str]:
    return {"place": one.place, "since": one.since, "why": one.why}

"""What goes to counties, townships and villages: counts in a workbook, and who is not insured, to be visited.

Source: S3-19: the list 在户籍、未参加任何险种 is produced per county, township and village, for household visits.

Rule: a county gets a workbook with a sheet for each township, a township a list to print with a page for each village:
nobody is handed the people of others.

Invariant: everybody who is not insured stands once in a workbook and once on a printed list. Files are their owner's.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from importlib import resources
from itertools import groupby
from operator import itemgetter
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from renshe.engine.coverage.areas import LEVELS
from renshe.engine.coverage.households import Register
from renshe.engine.coverage.standing import STATUSES
from renshe.engine.report.guide import SECRET
from renshe.engine.report.labels import region_label
from renshe.engine.report.sheets import Column, RowList
from renshe.engine.report.shelving import Facts, Limits, Shelf

FOLDER = "lists"
_TITLE = "在户籍、未参加任何险种"
_SEX = "case sex when '1' then '男' when '2' then '女' else sex end"
_COUNTS = (
    Column("区划", "name", 30, "wrap"),
    Column("户籍人数", "persons", 10, "count"),
    *(Column(label, status, 10, "count") for status, label in STATUSES.items()),
    Column("参加养老", "pension", 10, "count"),
    Column("参加医疗", "medical", 10, "count"),
    Column("参保率（%）", "covered", 12, "share"),
)
_PEOPLE = (
    Column("姓名", "name", 10),
    Column("性别", _SEX, 7),
    Column("出生日期", "birth_date", 12),
    Column("证件号码", "id_number", 20),
    Column("村（社区）", "village", 14),
    Column("住址", "address", 28, "wrap"),
    Column("联系电话", "phone", 13),
    Column("说明", "evidence", 28, "wrap"),
)
_TO_FILL = (Column("入户核实情况", "", 20, "plain", same=""), Column("核实人", "", 8, "plain", same=""))
_RULES = (
    ("本地参保", "在任一业务系统有已开始、未终止的参保（含居民养老 170、居民医疗 390，含暂停缴费），或正在领取待遇。"),
    ("外地参保", "本地未参保，外地来源（系统名以 province 开头）有已开始、未终止的参保。"),
    ("未参保", "本地、外地都没有参保记录，或都已终止。"),
    ("死亡", "公安、民政、殡葬或业务系统登记死亡。"),
    ("情况不明", "证件号码无效，又没有关联到其他任何记录；或可能就是某个参保人，关联待核实。须先核实身份。"),
    ("参保率", "本地、外地参保人数占户籍人数减死亡人数之比，只舍不入。"),
)


def write_lists(register: Register, manifest: Mapping[str, Any], limits: Limits) -> list[str]:
    """Write all workbooks and printed lists; return their names, the workbook of counts first."""
    names = ("name", "sex", "birth_date", "id_number", "county", "township", "village", "address", "phone", "evidence")
    register.in_order()
    for kept, status in (("visited", "not_insured"), ("unclear", "unknown")):
        register.keep(
            kept,
            f"SELECT row_number() OVER (ORDER BY c.rn) AS rn, {', '.join(names)}, ended FROM classified c"
            f" WHERE status = '{status}' ORDER BY 1",
        )
    shelf = Shelf(register.target, "", limits, partial(_guide, manifest))
    plan = [_level(register, level, label) for level, label in LEVELS.items()]
    number = Column("序号", "rn", 8, "count")
    plan.append(RowList("情况不明", "unclear", 1, register.count("unclear"), (number, *_PEOPLE)))
    shelf.put("coverage", plan, [], "户籍人员参保情况")
    for county, sheets in groupby(_townships(register), itemgetter(0)):
        shelf.put(f"not-insured-{county or 'unknown'}", [sheet for _, sheet in sheets], [], _TITLE)
    shelf.write(register.connection, lambda _rows: None)
    return [*(book.path.name for book in shelf.books), *_print(register, str(manifest["as_of"]))]


def _guide(manifest: Mapping[str, Any], title: str) -> Facts:
    return (
        ("项目", str(manifest["name"])),
        ("轮次", f"第 {manifest['round']} 轮，数据截至 {manifest['as_of']}"),
        ("内容", title),
        *_RULES,
        SECRET,
    )


def _level(register: Register, level: str, label: str) -> RowList:
    register.keep(
        f"area_{level}",
        f"SELECT row_number() OVER (ORDER BY county, code) AS rn, * FROM area WHERE level = '{level}' ORDER BY rn",
    )
    number = Column("序号", "rn", 8, "count")
    return RowList(label, f"area_{level}", 1, register.count(f"area_{level}"), (number, *_COUNTS))


def _townships(register: Register) -> Iterator[tuple[str | None, RowList]]:
    """Yield, county by county, the list of each township."""
    rows = register.connection.execute(
        "SELECT county, township, min(rn), count(*) FROM visited GROUP BY county, township ORDER BY 3"
    ).fetchall()
    for county, township, first, count in rows:
        number = Column("序号", f"rn - {first} + 1", 8, "count")
        yield county, RowList(township or "乡镇不详", "visited", first, count, (number, *_PEOPLE, *_TO_FILL))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("renshe.engine.coverage"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _print(register: Register, as_of: str) -> list[str]:
    """Write the printed list of each township; return their names."""
    style = resources.files("renshe.engine.coverage").joinpath("templates/list.css").read_text("utf-8")
    digest = f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"
    given = {"style": Markup(style), "digest": digest, "as_of": as_of}
    folder = register.target / FOLDER
    folder.mkdir()
    written = []
    places = register.connection.execute(
        "SELECT county, township, min(rn), max(rn) FROM visited GROUP BY county, township ORDER BY 3"
    ).fetchall()
    for county, township, first, last in places:
        name = f"{FOLDER}/{township or county or 'unknown'}.html"
        title = f"{region_label(county) if county else '区划不详'} 乡镇（街道）{township or '不详'}"
        villages = [(village, list(people)) for village, people in groupby(_people(register, first, last), _village)]
        page = _environment().get_template("list.html.j2").stream(title=title, villages=villages, **given)
        page.dump(str(register.target / name), encoding="utf-8")
        written.append(name)
    return written


def _village(row: Mapping[str, Any]) -> str | None:
    found: str | None = row["village"]
    return found


def _people(register: Register, first: int, last: int) -> list[dict[str, Any]]:
    """Return the people of one township, in the order of villages."""
    once = "list_transform(ended, lambda x: coalesce(schemes[x], x))"
    rows = register.connection.sql(
        f"SELECT name, {_SEX} AS sex, birth_date, id_number, address, phone, village,"
        f" array_to_string({once}, '、') AS once FROM visited, (SELECT map_from_entries(list((code, label)))"
        f" AS schemes FROM word WHERE kind = 'insurance') WHERE rn BETWEEN {first} AND {last} ORDER BY rn"
    )
    found: list[dict[str, Any]] = rows.to_arrow_table().to_pylist()
    return found

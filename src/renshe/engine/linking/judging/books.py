"""The workbooks in which clerks judge a sample: both records side by side, and nothing of what the machine thinks.

Invariant: a row's hidden identity names sample, clerk and pair by its place; it tells neither layer nor decision. Files
hold personal data unmasked and are their owner's alone (0600).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from renshe.engine.linking.entities import ENTITIES, hold_sides
from renshe.engine.linking.judging.sampling import Sample
from renshe.engine.linking.report.pairs import sides_sql
from renshe.engine.linking.report.workbook import side_cells, side_columns, side_headers
from renshe.engine.mending.lists import Form
from renshe.engine.report.sheets import IDENTITY, STAMP, Column, RowList, lay_out, literal, stamp_of
from renshe.engine.report.shelving import SHEET_ROWS
from renshe.engine.report.spreadsheet import Book, write_book
from renshe.engine.rounds.finished import Finished

PERSON = ENTITIES["person"]
CLERKS = ("甲", "乙", "丙")
"""The third judges what the first two do not agree on."""
JUDGED, JUDGE, NOTE = "判定", "判定人", "说明"
FORM = Form(
    JUDGED,
    (JUDGE,),
    (JUDGED, JUDGE, NOTE),
    {JUDGED: tuple(PERSON.answers.values())},
    days=(),
    shown=side_headers(PERSON),
)
MARK = "sample"
"""What the identities of the rows begin with."""
_KEYS = ("left_system", "left_key", "right_system", "right_key")
_GUIDE = (
    (
        "为什么",
        "这些对是随机抽出的，用来测量关联的质量，不改动任何数据。有的明显是同一人，有的明显不是，都请照实判定。",
    ),
    (
        "怎样填写",
        "只凭甲乙两条记录的内容（必要时查阅档案），在浅黄色的列选判定：同一人、不是同一人、无法确定，并写判定人姓名"
        "（写在任何一行即可）。甲乙两本须由两个人各自判定，判定前不要商量，也不要看待核实清单和关联报告。",
    ),
    (
        "交回",
        "用 Excel、WPS 或 LibreOffice 存为 xlsx 或 ods，由项目管理员运行 renshe link 项目文件夹 --answers 文件 读回。"
        "可以分几次交；判错了改后再交，以最后一次为准。不要删除行，不要拆掉最右侧隐藏的“识别码”列。",
    ),
    ("保密", "本文件含未遮盖的个人信息，只限经办使用，不得外传。"),
)


def write_sheet(finished: Finished, sample: Sample, clerk: str, places: Sequence[int], target: Path) -> None:
    """Write the pairs of ``sample`` (of the round ``finished``) at ``places``, in that order, for ``clerk``."""
    told = finished.manifest
    rows = [sample.pairs[at] for at in places]
    with duckdb.connect(":memory:", config={"memory_limit": "1100MB"}) as connection:
        _hold_shown(connection, finished, sample, places)
        identity = f"json_array('{MARK}', {literal(clerk)}, {literal(sample.id)}, place, {STAMP})::varchar"
        columns = (
            Column("序号", "rn", 7, "count"),
            *side_columns(connection, PERSON, "shown"),
            Column(JUDGED, "", 12, "choice", same="", choices=FORM.choices[JUDGED]),
            Column(JUDGE, "", 10, "fill", same=""),
            Column(NOTE, "", 24, "fill", same=""),
            Column(IDENTITY, identity, 8, "identity"),
        )
        listed = RowList(f"抽样判定{clerk}", "shown", 1, len(rows), columns)
        [pieces] = lay_out([listed], SHEET_ROWS, len(rows) or 1, stamp_of(told))
        facts = [
            ("项目", str(told["name"])),
            ("轮次", f"第 {told['round']} 轮，数据截至 {told['as_of']}"),
            ("本册", f"{clerk}本，{len(rows):,} 对"),
            *_GUIDE,
        ]
        guide = [{"项目": name, "内容": text} for name, text in facts]
        write_book(connection, Book(target, guide, [], pieces), lambda _rows: None)


def cells_of(finished: Finished, sample: Sample, places: Sequence[int]) -> dict[int, dict[str, str | None]]:
    """Return, by place, what the workbooks show of the pairs of ``sample`` at ``places``, by header."""
    with duckdb.connect(":memory:", config={"memory_limit": "1100MB"}) as connection:
        _hold_shown(connection, finished, sample, places)
        rows = connection.sql("SELECT * FROM shown").to_arrow_table().to_pylist()
    found = {}
    for row in rows:
        pair = [(row[f"{side}_system"], row[f"{side}_key"]) for side in ("left", "right")]
        values = [{name: row[f"{side}_{name}"] for name in PERSON.shown} for side in "lr"]
        found[row["place"]] = side_cells(PERSON, pair, values)
    return found


def _hold_shown(
    connection: duckdb.DuckDBPyConnection, finished: Finished, sample: Sample, places: Sequence[int]
) -> None:
    """Leave the pairs of ``sample`` at ``places`` in the table ``shown``, in that order, with what is shown of both."""
    rows = [sample.pairs[at] for at in places]
    given = {
        "rn": pa.array(range(1, len(rows) + 1), pa.int64()),
        "place": pa.array(places, pa.int64()),
        **{name: pa.array([row[name] for row in rows], pa.string()) for name in _KEYS},
    }
    connection.register("given", pa.table(given))
    connection.execute("CREATE TABLE drawn AS FROM given")
    both = "SELECT {0}_system AS system, {0}_key AS key FROM drawn"
    hold_sides(connection, PERSON, finished, f"{both.format('left')} UNION {both.format('right')}")
    connection.execute(f"""
        CREATE TABLE shown AS SELECT d.*, {sides_sql(PERSON, "l", "r")} FROM drawn d
        JOIN side l ON l.system = left_system AND l.key = left_key
        JOIN side r ON r.system = right_system AND r.key = right_key""")

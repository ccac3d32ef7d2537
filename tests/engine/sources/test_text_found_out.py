"""Nothing is told: encoding, delimiter, quotes, titles and header of realistic files are found out, damaged or not."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from renshe.engine.sources.text import open_text

LABELS = ("个人编号", "社会保障号码", "姓名", "性别", "单位名称", "缴费基数", "费款所属期", "家庭住址")
TITLES = ("", "白城市企业职工养老保险缴费明细表", "填报单位：某某市社会保险事业管理局  日期：2021-05-31")
DELIMITERS = (",", "\t", "|", ";", "^", "\x01", "||")
NAMES = ("张伟", "王芳", "诸葛建国", "买买提·艾力", "李\U00020bb7", "赵\ue000", "欧阳 娜", "女")
UNITS = ("长春市第一建筑工程有限责任公司", '"大力"机械厂', '5寸"钢管厂', "吉林省审计局", "合计科技有限公司", "")
PLACES = ("绿园区春城大街1号", "朝阳区,红旗街|2;3号", "宽城区\n北京大街", "", "　")


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[list[str]], list[str], str]:
    """Encoding, rows, physical lines above and of the table (one entry per record), line end."""
    delimiter = draw(st.sampled_from(DELIMITERS))
    quote = draw(st.sampled_from(["none", "needed", "all"]))
    rows = []
    for at in range(draw(st.integers(25, 60))):
        row = [
            f"{2200_0000 + at}",
            f"2208021980{at % 12 + 1:02d}01{at:03d}X",
            draw(st.sampled_from(NAMES)),
            draw(st.sampled_from(["1", "2", ""])),
            draw(st.sampled_from(UNITS)),
            f"{3000 + at * 7}.00",
            f"2021{at % 12 + 1:02d}",
            draw(st.sampled_from(PLACES)),
        ]
        unquotable = (delimiter[0], "\n")
        rows.append(
            ["".join(char for char in cell if char not in unquotable) for cell in row] if quote == "none" else row
        )
    written = [delimiter.join(_written(cell, delimiter, quote) for cell in row) for row in [list(LABELS), *rows]]
    titles = draw(st.lists(st.sampled_from(TITLES), max_size=3))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
    return encoding, rows, [*titles, *written], draw(st.sampled_from(["\n", "\r\n"]))


def _written(cell: str, delimiter: str, quote: str) -> str:
    if quote == "all" or (quote == "needed" and any(mark in cell for mark in (delimiter[0], '"', "\n"))):
        return '"' + cell.replace('"', '""') + '"'
    return cell


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=tables(), broken=st.sets(st.integers(0, 24), max_size=3))
def test_realistic_file_is_read_without_being_told(
    tmp_path: Path, table: tuple[str, list[list[str]], list[str], str], broken: set[int]
) -> None:
    encoding, rows, lines, line_end = table
    head = len(lines) - len(rows)
    for at in broken:
        lines[head + at] = lines[head + at][:9]
    path = tmp_path / "extract.txt"
    path.write_bytes((line_end.join(lines) + line_end).encode(encoding))
    reader = open_text(path, known_names=frozenset(LABELS))
    assert reader.layout.encoding == {"utf-16": "utf-16-le"}.get(encoding, encoding)
    assert (reader.header, reader.layout.header_row) == (LABELS, head)
    loaded: dict[int, list[str | None]] = {}
    rejected: set[int] = set()
    for batch in reader.batches():
        cells = zip(*[column.to_pylist() for column in batch.columns], strict=True)
        loaded.update(zip(batch.rows.tolist(), map(list, cells), strict=True))
        rejected.update(reject.source_row for reject in batch.rejects)
    source_row = head + 1
    for at, row in enumerate(rows):
        if at in broken:
            assert source_row in rejected
        else:
            assert loaded.pop(source_row) == [cell or None for cell in row]
        source_row += 1 + lines[head + at].count("\n")
    assert loaded == {}

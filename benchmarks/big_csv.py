"""One CSV far larger than memory should need: bar 5 GB in at most 2 GB of memory."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import RENSHE, measure, write_result

_HEADER = (
    "个人编号,单位编号,险种,费款所属期,做账期号,缴费类型,缴费基数,"
    "单位应缴金额,个人应缴金额,单位实缴金额,个人实缴金额,备注\n"
)
_NOTE = "由历史系统迁移的缴费明细记录，原始凭证存档于县社会保险经办机构档案室第三柜"
_TOML = """[project]
name = "大文件"
region = "220800"
as_of = 2021-05-31
[[source]]
system = "pension"
table = "contribution"
file = "缴费.csv"
"""


def main(megabytes: int = 5120) -> None:
    """Write a GB18030 CSV of ``megabytes``, one line in 100,000 damaged, and run one round of it."""
    folder = Path(tempfile.mkdtemp(prefix="renshe-big-"))
    try:
        (folder / "project.toml").write_text(_TOML, "utf-8")
        lines = _write(folder / "缴费.csv", megabytes << 20)
        cleaned = measure([*RENSHE, "clean", str(folder)])
        source = json.loads((folder / "rounds/0001/manifest.json").read_text("utf-8"))["sources"][0]
        assert source["rows_read"] == lines, (source["rows_read"], lines)
        write_result(
            "big_csv",
            megabytes=megabytes,
            lines=lines,
            rejected=source["rows_rejected"],
            clean=cleaned,
        )
    finally:
        shutil.rmtree(folder)


def _write(path: Path, size: int) -> int:
    lines = 0
    with path.open("wb") as stream:
        stream.write(_HEADER.encode("gb18030"))
        while stream.tell() < size:
            block = []
            for number in range(lines, lines + 100_000):
                person, month = divmod(number, 12)
                base = 4000 + person % 200 * 25
                due = f"{base * 16 // 100}.00,{base * 8 // 100}.00"
                block.append(
                    f"{10_000_000 + person},U{person % 20_000},110,{2020_01 + month},{2020_01 + month},10,"
                    f"{base}.00,{due},{due},{_NOTE}{number}"
                )
            text = "\n".join(block).encode("gb18030") + b"\n"
            # The last line of the block loses a byte of a character: it must be rejected, and nothing else.
            stream.write(text[:-30] + b"\xff" + text[-29:])
            lines += 100_000
    return lines


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))

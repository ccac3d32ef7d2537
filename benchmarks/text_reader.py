"""The reader of damaged text: megabytes a second on one core, clean and damaged, beside Python's own csv reader.

Usage: ``python -m benchmarks.text_reader [MEGABYTES]`` (300). Each file is read in a process of its own.
"""

from __future__ import annotations

import csv
import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa

from benchmarks.measure import measure, write_result
from renshe.engine.sources.text import open_text

_HEADER = (
    "个人编号,社会保障号码,姓名,单位编号,单位名称,险种,费款所属期,做账期号,到账年月,缴费类型,缴费基数,"
    "单位费率,个人费率,单位应缴,个人应缴,个人实缴,滞纳金,到账标志,经办人,经办日期"
)
_SURNAMES, _GIVEN = "王李张刘陈杨黄赵周吴", "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂"
_BLOCK = 50_000
_DAMAGE = 1000  # one line in so many


def main(megabytes: int = 300) -> None:
    """Write the files, read each, and put the figures into ``results/text_reader.json``."""
    folder = Path(tempfile.mkdtemp(prefix="renshe-text-"))
    try:
        figures = {}
        for name, encoding, delimiter, quote, damaged in (
            ("gb18030", "gb18030", ",", "", False),
            ("gb18030_damaged_1_in_1000", "gb18030", ",", "", True),
            ("gb18030_quoted", "gb18030", ",", '"', False),
            ("gb18030_bar", "gb18030", "|", "", False),
            ("utf8", "utf-8", ",", "", False),
        ):
            path = folder / "缴费.csv"
            _write(path, megabytes * 1_000_000, encoding, delimiter, quote, damaged)
            figures[name] = _read_apart(path, [])
            if name == "gb18030":
                figures["python_csv"] = _read_apart(path, ["--peer"])
        write_result("text_reader", megabytes=megabytes, columns=_HEADER.count(",") + 1, **figures)
    finally:
        shutil.rmtree(folder)


def _read_apart(path: Path, options: list[str]) -> dict[str, float | int]:
    run = measure([sys.executable, "-m", "benchmarks.text_reader", "--read", str(path), *options])
    figures: dict[str, float | int] = json.loads(run.output)
    return {**figures, "peak_mb": run.peak_mb}


def _read(path: Path, peer: bool) -> None:
    pa.set_cpu_count(1)
    start = time.process_time()
    if peer:
        with path.open(encoding="gb18030", newline="") as stream:
            rows, rejected = sum(1 for _ in csv.reader(stream)) - 1, 0
    else:
        reader = open_text(path)
        for _ in reader.batches():
            pass
        rows, rejected = reader.rows_loaded, reader.rows_rejected
    seconds = time.process_time() - start
    speed = round(path.stat().st_size / 1e6 / seconds)
    print(json.dumps({"mb_per_cpu_second": speed, "cpu_seconds": round(seconds, 2), "rows": rows, "rejects": rejected}))


def _write(path: Path, size: int, encoding: str, delimiter: str, quote: str, damaged: bool) -> None:
    chance = random.Random(1)
    units = [f"长春市{chance.choice('绿园南关朝阳宽城')}区第{at}建筑工程有限责任公司" for at in range(2000)]
    join = f"{quote}{delimiter}{quote}"
    with path.open("wb") as stream:
        stream.write((quote + join.join(_HEADER.split(",")) + quote + "\r\n").encode(encoding))
        first = 1
        while stream.tell() < size:
            lines = []
            for number in range(first, first + _BLOCK):
                cells = _cells(number, chance, units)
                line = (quote + join.join(cells) + quote).encode(encoding)
                lines.append(_damaged(line, chance) if damaged and number % _DAMAGE == 0 else line)
            stream.write(b"\r\n".join(lines) + b"\r\n")
            first += _BLOCK


def _cells(number: int, chance: random.Random, units: list[str]) -> list[str]:
    unit, month = number % len(units), f"20{number % 20 + 1:02d}{number % 12 + 1:02d}"
    base = 3000 + number % 9000
    name = chance.choice(_SURNAMES) + chance.choice(_GIVEN) + chance.choice(_GIVEN)
    return [
        *(f"{22_000_000_000 + number}", f"2201{number * 7919 % 10**14:014d}", name, f"2201{unit:06d}", units[unit]),
        *("110", month, month, month, "正常应缴", f"{base}.00", "0.16", "0.08", f"{base * 16 // 100}.00"),
        *(f"{base * 8 // 100}.00", f"{base * 8 // 100}.00", "", "1", f"经办人{number % 20}", "2021-03-05"),
    ]


def _damaged(line: bytes, chance: random.Random) -> bytes:
    """A byte that breaks a character, a lost delimiter, a cut line, or a quote that never closes."""
    at = line.index(b",", 30) + 1
    return chance.choice(
        [line[:at] + b"\xff" + line[at:], line.replace(b",", b"", 1), line[:at], line[:at] + b'"' + line[at:]]
    )


if __name__ == "__main__":
    if "--read" in sys.argv:
        _read(Path(sys.argv[2]), "--peer" in sys.argv)
    else:
        main(*(int(argument) for argument in sys.argv[1:]))

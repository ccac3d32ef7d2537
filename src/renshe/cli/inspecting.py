"""``renshe inspect``: how a file is read and what it could fill."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from renshe.cli.show import say
from renshe.engine.inspection import inspect_file
from renshe.engine.project import ProjectError
from renshe.engine.sources.base import unreadable
from renshe.standards.dictionary import TABLES


def run_inspect(file: Path, *, table: str | None, sheet: str | None, encoding: str | None, as_json: bool) -> None:
    """Print how ``file`` is read, its columns and the mapping that is proposed."""
    if table is not None and table not in TABLES:
        raise ProjectError(f"--table {table}：没有这个标准表；可用的有 {'、'.join(TABLES)}")
    try:
        look = inspect_file(file, table_name=table, sheet=sheet, encoding=encoding)
    except OSError as error:
        raise unreadable(file, error) from error
    if as_json:
        say(json.dumps({**asdict(look), "proposal": look.proposal(file.name)}, ensure_ascii=False))
        return
    layout = look.layout
    told = [("格式", layout.format), ("编码", layout.encoding), ("分隔符", layout.delimiter), ("工作表", layout.sheet)]
    say("，".join(f"{label} {value!r}" if label == "分隔符" else f"{label} {value}" for label, value in told if value))
    say(f"{'共' if look.complete else '前'} {look.rows:,} 行，不能入表 {len(look.rejects)} 行")
    for note in layout.notes:
        say(f"注意：{note}")
    for row, reason in look.rejects[:5]:
        say(f"  第 {row} 行：{reason}")
    say("")
    for column in look.columns:
        values = "、".join(f"{value}（{count}）" for value, count in column.top)
        target = f"→ {column.field} {column.label}" if column.field else "→ （未识别）"
        say(f"{column.name}  {column.kind}  填写 {column.filled:.1%}  {target}\n    {values}")
    say("\n建议写入 project.toml（代码值请补上对应的标准值）：\n")
    say(look.proposal(file.name))

"""``renshe template``: a collection sheet to hand out, and the load report on one that came back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from renshe.cli.show import say
from renshe.engine.project import ProjectError
from renshe.engine.rounds.store import Store
from renshe.engine.templates.loading import LoadReport, check_template, report_path
from renshe.engine.templates.published import Published, published
from renshe.engine.templates.writing import write_template
from renshe.standards.dictionary import TABLES, dictionary, table

_SHOWN = 20


def run_template(
    name: str | None, *, out: Path | None, rows: Path | None, system: str | None, ordered: bool, as_json: bool
) -> None:
    """Write the template of table ``name``, filled from the newest round of the project ``rows`` where it is given."""
    chosen = _table(name)
    if rows is None and (ordered or system is not None):
        option = "--ordered" if ordered else "--system"
        raise ProjectError(f"{option} 要与 --rows 一起用：空白模板没有可保持的行；请写明 --rows 项目文件夹")
    target = out or Path(f"{table(chosen).label}采集模板.xlsx")
    source = _newest(rows, chosen, system) if rows is not None else None
    written = write_template(
        target, chosen, source.rows() if source else (), count=source.count if source else 0, ordered=ordered
    )
    found = check_template(target) if source else None
    if as_json:
        told: dict[str, Any] = {
            "file": str(target),
            "table": chosen,
            "dictionary": written.form.dictionary,
            "columns": [field for field, _ in written.form.columns],
            "rows": written.form.rows,
            "ordered": ordered,
        }
        say(json.dumps(told | ({"load": _told(found)} if found else {}), ensure_ascii=False))
        return
    say(f"已生成 {table(chosen).label}（{chosen}）采集模板：{target}")
    if found and source:
        kept = "；行的顺序不得更改" if ordered else ""
        say(f"  装入系统 {source.system} 的 {source.count:,} 行，隐藏的行标识勿改{kept}")
        _say_report(found)


def run_check(file: Path, *, alone: bool, as_json: bool) -> None:
    """Print which rows of a filled-in template are accepted and refused, and write the load report beside it."""
    if not alone:
        raise ProjectError(
            "--check 不与表名和其他选项一起用：模板自己写明是哪张表；请只写 renshe template --check 文件"
        )
    found = check_template(file)
    if as_json:
        say(json.dumps(_told(found), ensure_ascii=False))
        return
    entry = table(found.form.table)
    say(f"{file}：{entry.label}（{found.form.table}）采集模板，数据字典 {found.form.dictionary} 版")
    _say_report(found)


def _table(name: str | None) -> str:
    if name in TABLES:
        return name
    for entry in dictionary().values():
        if name == entry.label:
            return entry.name
    known = "、".join(f"{entry.name}（{entry.label}）" for entry in dictionary().values())
    said = f"没有标准表 {name}" if name else "没有写表名"
    raise ProjectError(f"renshe template：{said}；可用的有 {known}")


def _newest(project: Path, name: str, system: str | None) -> Published:
    store = Store(project)
    numbers = store.numbers()
    if not numbers:
        raise ProjectError(f"{project}：还没有完成的轮次，没有可装入模板的数据；请先运行 renshe clean {project}")
    return published(store.folder(numbers[-1]), name, system)


def _told(found: LoadReport) -> dict[str, Any]:
    return {
        "file": str(found.file),
        "table": found.form.table,
        "dictionary": found.form.dictionary,
        "ordered": found.form.ordered,
        "rows_read": found.read,
        "rows_loaded": found.accepted,
        "rows_rejected": len(found.refused),
        "refused": [
            {"row": one.row, "cell": complaint.cell, "column": complaint.column, "reason": complaint.reason}
            for one in found.refused
            for complaint in one.complaints
        ],
        "unfilled": dict(found.unfilled),
        "notes": found.notes,
        "report": str(report_path(found.file)),
    }


def _say_report(found: LoadReport) -> None:
    say(f"  读取 {found.read:,} 行：接收 {found.accepted:,} 行，拒收 {len(found.refused):,} 行")
    for one in found.refused[:_SHOWN]:
        say(f"  第 {one.row} 行：{'；'.join(map(str, one.complaints))}")
    if len(found.refused) > _SHOWN:
        say(f"  另有 {len(found.refused) - _SHOWN:,} 行被拒收，见装载报告")
    if found.unfilled:
        unfilled = "、".join(f"{label} {count:,} 行" for label, count in found.unfilled.most_common())
        say(f"  必填而未填：{unfilled}（行照收，检查时列为问题）")
    for note in found.notes:
        say(f"  注意：{note}")
    say(f"  装载报告：{report_path(found.file)}")

"""A cleaning project: a folder with ``project.toml`` that says which files fill which standard tables.

Source: the contracts of the house. Nothing here opens a data file; what is wrong with the configuration is said in
one Chinese line that names the file, the place in it and the remedy.

Invariant: a loaded project is complete: every source has files that exist or a query, every name in it is known.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from renshe.standards.dictionary import TABLES, table


class ProjectError(ValueError):
    """A project cannot be used as it is. The text is one Chinese line with its remedy."""


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One file or query of a project, and how its columns and codes are to be read.

    ``label`` is what manifests and findings call it: the path as in ``project.toml``, or ``query-N``.
    """

    system: str
    table: str
    label: str
    path: Path | None = None
    url: str | None = field(default=None, repr=False)
    query: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Control:
    """A published total that the data must meet."""

    table: str
    where: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Project:
    """A project as configured."""

    folder: Path
    name: str
    region: str
    as_of: date
    sources: tuple[SourceSpec, ...]
    controls: tuple[Control, ...]
    packs: tuple[Path, ...]


_SOURCE_KEYS = frozenset("system table file url query sheet encoding columns codes".split())
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def load_project(folder: Path) -> Project:
    """Return the project in ``folder``; ProjectError where it cannot be used."""
    file = folder / "project.toml"
    if not file.is_file():
        raise ProjectError(f"{folder}：没有 project.toml；请在该文件夹中建立它，写法见 README")
    try:
        data = tomllib.loads(file.read_text("utf-8-sig"))
    except UnicodeDecodeError:
        raise ProjectError(f"{file}：不是 UTF-8 编码；请另存为 UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"{file}：不是合法的 TOML：{error}；请按提示的行列改正") from None
    head = data.get("project")
    if not isinstance(head, dict):
        raise ProjectError(f"{file}：缺少 [project] 一节；请写明 name、region、as_of")
    items = data.get("source", [])
    if not isinstance(items, list) or not items:
        raise ProjectError(f"{file}：没有 [[source]]；请至少写明一个来源")
    controls = data.get("control", [])
    if not isinstance(controls, list):
        raise ProjectError(f"{file}：[control] 应写成 [[control]]（两层方括号）")
    unknown = set(data) - {"project", "source", "control", "rules"} | set(data.get("rules", {})) - {"packs"}
    if unknown:
        raise ProjectError(
            f"{file}：有不认识的节或项 {'、'.join(sorted(unknown))}；可用的有 project、source、control、rules.packs"
        )
    sources: list[SourceSpec] = []
    for number, item in enumerate(items, 1):
        sources += _sources(file, number, item)
    return Project(
        folder=folder,
        name=_text(file, head, "[project]", "name"),
        region=_region(file, head),
        as_of=_as_of(file, head),
        sources=tuple(sources),
        controls=tuple(_control(file, number, item) for number, item in enumerate(controls, 1)),
        packs=tuple(folder / pack for pack in data.get("rules", {}).get("packs", [])),
    )


def _text(file: Path, data: Mapping[str, Any], place: str, key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ProjectError(f'{file}：{place} 缺少 {key}；请写 {key} = "…"')
    return value.strip()


def _region(file: Path, head: Mapping[str, Any]) -> str:
    region = _text(file, head, "[project]", "region")
    if not re.fullmatch(r"[0-9]{6}", region):
        raise ProjectError(f'{file}：[project] region 应为六位行政区划代码，如 region = "220800"')
    return region


def _as_of(file: Path, head: Mapping[str, Any]) -> date:
    value = head.get("as_of")
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ProjectError(f"{file}：[project] as_of 应为日期，如 as_of = 2021-05-31")


def _sources(file: Path, number: int, item: Mapping[str, Any]) -> list[SourceSpec]:
    place = f"第 {number} 个 [[source]]"
    unknown = set(item) - _SOURCE_KEYS
    if unknown:
        raise ProjectError(f"{file}：{place} 有不认识的项 {'、'.join(sorted(unknown))}；可用的项见 README")
    system, name = _text(file, item, place, "system"), _text(file, item, place, "table")
    if name not in TABLES and name != "parameter":
        raise ProjectError(f"{file}：{place} 没有标准表 {name}；可用的有 {'、'.join((*TABLES, 'parameter'))}")
    columns, codes = item.get("columns", {}), item.get("codes", {})
    known = set(table(name).names)
    if not all(isinstance(value, dict) for value in (columns, codes, *dict(codes).values())):
        raise ProjectError(f'{file}：{place} 的 columns 或 codes 写法不对；请写成 [source.codes.sex] 下的 "男" = "1"')
    for what, given in (("columns", columns), ("codes", codes)):
        strange = set(given) - known
        if strange:
            raise ProjectError(f"{file}：{place} 的 {what} 中 {'、'.join(sorted(strange))} 不是表 {name} 的字段")
    common = SourceSpec(
        system=system,
        table=name,
        label=f"query-{number}",
        sheet=item.get("sheet"),
        encoding=item.get("encoding"),
        columns={key: str(value) for key, value in columns.items()},
        codes={key: {str(k): str(v) for k, v in value.items()} for key, value in codes.items()},
    )
    if "url" in item:
        url = _expand(file, place, _text(file, item, place, "url"))
        return [replace(common, url=url, query=_text(file, item, place, "query"))]
    return [
        replace(common, label=path.relative_to(file.parent).as_posix(), path=path)
        for path in _files(file, place, item.get("file"))
    ]


def _expand(file: Path, place: str, url: str) -> str:
    """Fill in what the environment holds; the value never reaches a message."""
    for name in _SECRET.findall(url):
        if name not in os.environ:
            raise ProjectError(f"{file}：{place} 的 url 用到环境变量 {name}，但没有设置；请先设置再运行")
    return _SECRET.sub(lambda match: os.environ[match.group(1)], url)


def _files(file: Path, place: str, value: Any) -> list[Path]:
    patterns = [value] if isinstance(value, str) else value
    if not isinstance(patterns, list) or not patterns or not all(isinstance(p, str) and p for p in patterns):
        raise ProjectError(f'{file}：{place} 缺少 file（或 url 与 query）；请写 file = "文件名"')
    found: list[Path] = []
    for pattern in patterns:
        inside = (file.parent / pattern).resolve()
        if not inside.is_relative_to(file.parent.resolve()):
            raise ProjectError(f"{file}：{place} 的文件 {pattern} 在项目文件夹之外；请把它放进项目文件夹")
        exact = file.parent / pattern
        matches = [exact] if exact.is_file() else sorted(path for path in file.parent.glob(pattern) if path.is_file())
        if not matches:
            raise ProjectError(
                f"{file}：{place} 的文件 {pattern} 不存在；请检查文件名（相对于 project.toml 所在文件夹）"
            )
        found += [path for path in matches if path not in found]
    return found


def _control(file: Path, number: int, item: Mapping[str, Any]) -> Control:
    place = f"第 {number} 个 [[control]]"
    name = _text(file, item, place, "table")
    if name not in TABLES:
        raise ProjectError(f"{file}：{place} 没有标准表 {name}")
    count = item.get("count")
    if not isinstance(count, int) or isinstance(count, bool):
        raise ProjectError(f"{file}：{place} 的 count 应为整数")
    return Control(name, item.get("where"), count)

"""A cleaning project: a folder with ``project.toml`` that says which files fill which standard tables.

Source: the contracts of the house. Nothing here opens a data file; what is wrong with the configuration is said in
one Chinese line that names the file, the place in it and the remedy.

Invariant: a loaded project is complete: every source has files that exist or a query, every name in it is known. No
key is passed over in silence: a misspelt ``as_of`` would judge people by another day's law.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from renshe.engine.sources.base import reason
from renshe.standards.dictionary import TABLES, table
from renshe.standards.regions import is_known_region


class ProjectError(ValueError):
    """A project cannot be used as it is. The text is one Chinese line with its remedy."""


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One file or query of a project, and how its columns and codes are to be read.

    ``label`` is what manifests and findings call it: the path as in ``project.toml``, or ``query-N``; ``place`` is
    where ``project.toml`` speaks of it, for messages.
    """

    system: str
    table: str
    label: str
    place: str
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


_KEYS = {
    "[project]": ("name", "region", "as_of"),
    "[[source]]": ("system", "table", "file", "url", "query", "sheet", "encoding", "columns", "codes"),
    "[[control]]": ("table", "where", "count"),
    "[rules]": ("packs",),
}
# Before 1990 no agency had data; more than a year ahead nobody plans a run: such a date is a slip of the hand.
_FIRST_DAY = date(1990, 1, 1)
_AHEAD = timedelta(days=366)
_OWN_FOLDERS = ("rounds", "sources", "cache", "decisions")
_TOML_PLACE = re.compile(r"at line (\d+), column (\d+)")
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def load_project(folder: Path) -> Project:
    """Return the project in ``folder``; ProjectError where it cannot be used."""
    file = folder / "project.toml"
    if "?" in str(folder.resolve()):
        # The engine takes what follows for a question to a server.
        raise ProjectError(f"{folder}：文件夹的路径中不能有问号（?）；请改名后再运行")
    data = _parsed(file)
    unknown = sorted(set(data) - {"project", "source", "control", "rules"})
    if unknown:
        raise ProjectError(f"{file}：有不认识的节 {'、'.join(unknown)}；可用的有 project、source、control、rules")
    head = data.get("project")
    if not isinstance(head, dict):
        raise ProjectError(f"{file}：缺少 [project] 一节；请写明 name、region、as_of")
    _refuse_unknown(file, "[project]", "[project]", head)
    items = _sections(file, data, "source")
    if not items:
        raise ProjectError(f"{file}：没有 [[source]]；请至少写明一个来源")
    controls = _sections(file, data, "control")
    sources: list[SourceSpec] = []
    for number, item in enumerate(items, 1):
        sources += _sources(file, number, item)
    _refuse_twice(file, sources)
    return Project(
        folder=folder,
        name=_text(file, head, "[project]", "name"),
        region=_region(file, head),
        as_of=_as_of(file, head),
        sources=tuple(sources),
        controls=tuple(_control(file, number, item) for number, item in enumerate(controls, 1)),
        packs=_packs(file, data.get("rules", {})),
    )


def _parsed(file: Path) -> dict[str, Any]:
    try:
        if file.is_dir() or not (file.is_symlink() or file.exists()):
            raise ProjectError(f"{file.parent}：没有 project.toml；请在该文件夹中建立它，写法见 README")
        return tomllib.loads(file.read_text("utf-8-sig"))
    except OSError as error:
        raise ProjectError(f"{file}：{reason(error)}；请检查后再运行") from None
    except UnicodeDecodeError:
        raise ProjectError(f"{file}：不是 UTF-8 编码；请另存为 UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"{file}：{_toml_place(error)}不是合法的 TOML；请检查引号、括号和等号（{error}）") from None


def _toml_place(error: tomllib.TOMLDecodeError) -> str:
    """Say in Chinese where a TOML file cannot be read: the reader says it in English only."""
    if place := _TOML_PLACE.search(str(error)):
        return f"第 {place[1]} 行第 {place[2]} 列"
    return "末尾" if "end of document" in str(error) else ""


def _sections(file: Path, data: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    items = data.get(name, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ProjectError(f"{file}：{name} 应写成 [[{name}]] 一节（两层方括号），每个一节")
    return items


def _refuse_unknown(file: Path, kind: str, place: str, data: Mapping[str, Any]) -> None:
    known = _KEYS[kind]
    unknown = sorted(set(data) - set(known))
    if not unknown:
        return
    near = get_close_matches(unknown[0], known, 1)
    meant = f"；{unknown[0]} 是不是 {near[0]}？" if near else ""
    raise ProjectError(f"{file}：{place} 有不认识的项 {'、'.join(unknown)}；可用的有 {'、'.join(known)}{meant}")


def _packs(file: Path, rules: Any) -> tuple[Path, ...]:
    if not isinstance(rules, dict):
        raise ProjectError(f'{file}：rules 应写成 [rules] 一节，如 [rules] 下写 packs = ["规则包文件夹"]')
    _refuse_unknown(file, "[rules]", "[rules]", rules)
    packs = rules.get("packs", [])
    if not isinstance(packs, list) or not all(isinstance(pack, str) and pack for pack in packs):
        raise ProjectError(f'{file}：[rules] packs 应为文件夹名的列表，如 packs = ["规则包文件夹"]')
    for pack in packs:
        folder = _inside(file, "[rules] packs", pack)
        if not folder.is_dir():
            raise ProjectError(
                f"{file}：[rules] packs 中的 {pack} 不是文件夹；请检查名称（相对于 project.toml 所在文件夹）"
            )
    return tuple(file.parent / pack for pack in packs)


def _inside(file: Path, place: str, name: str) -> Path:
    """Return where a path of the project leads; ProjectError where it leads out of the project."""
    real, home = Path(os.path.realpath(file.parent / name)), os.path.realpath(file.parent)
    if real.is_relative_to(home):
        return real
    if Path(os.path.normpath(Path(home) / name)).is_relative_to(home):
        raise ProjectError(f"{file}：{place} {name} 是符号链接，指向项目文件夹之外；请把文件本身放进项目文件夹")
    raise ProjectError(f"{file}：{place} {name} 在项目文件夹之外；请把它放进项目文件夹")


def _text(file: Path, data: Mapping[str, Any], place: str, key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ProjectError(f'{file}：{place} 缺少 {key}；请写 {key} = "…"')
    return value.strip()


def _region(file: Path, head: Mapping[str, Any]) -> str:
    region = _text(file, head, "[project]", "region")
    if not re.fullmatch(r"[0-9]{6}", region):
        raise ProjectError(f'{file}：[project] region 应为六位行政区划代码，如 region = "220800"')
    if not is_known_region(region):
        raise ProjectError(
            f"{file}：[project] region = {region} 不在行政区划代码表（GB/T 2260）中；"
            "请核对，开发区、省本级等没有国标代码的写上一级的代码"
        )
    return region


def _as_of(file: Path, head: Mapping[str, Any]) -> date:
    value = head.get("as_of")
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, date):
        raise ProjectError(f"{file}：[project] as_of 应为日期，如 as_of = 2021-05-31")
    last = date.today() + _AHEAD
    if not _FIRST_DAY <= value <= last:
        raise ProjectError(f"{file}：[project] as_of = {value} 应在 {_FIRST_DAY} 与 {last} 之间；请核对年份")
    return value


def _sources(file: Path, number: int, item: Mapping[str, Any]) -> list[SourceSpec]:
    place = f"第 {number} 个 [[source]]"
    _refuse_unknown(file, "[[source]]", place, item)
    system, name = _text(file, item, place, "system"), _text(file, item, place, "table")
    if name not in TABLES and name != "parameter":
        raise ProjectError(f"{file}：{place} 没有标准表 {name}；可用的有 {'、'.join((*TABLES, 'parameter'))}")
    columns, codes = _mappings(file, place, name, item)
    common = SourceSpec(
        system=system,
        table=name,
        label=f"query-{number}",
        place=f"project.toml {place}",
        sheet=_text(file, item, place, "sheet") if "sheet" in item else None,
        encoding=_text(file, item, place, "encoding") if "encoding" in item else None,
        columns=columns,
        codes=codes,
    )
    if "url" in item or "query" in item:
        _refuse_mixed(file, place, item)
        url = _expand(file, place, _text(file, item, place, "url"))
        return [replace(common, url=url, query=_text(file, item, place, "query"))]
    return [
        replace(common, label=path.relative_to(file.parent).as_posix(), path=path)
        for path in _files(file, place, item.get("file"))
    ]


def _refuse_twice(file: Path, sources: Sequence[SourceSpec]) -> None:
    """What is loaded twice is counted twice, and every row is then its own duplicate."""
    seen: dict[tuple[object, ...], SourceSpec] = {}
    for spec in sources:
        what = (spec.url, spec.query) if spec.path is None else (os.path.realpath(spec.path), spec.sheet)
        earlier = seen.setdefault((spec.system, spec.table, *what), spec)
        if earlier is not spec:
            first, second = (one.place.removeprefix("project.toml ") for one in (earlier, spec))
            same = f"同一个文件 {spec.label}" if spec.path else "同一个 url 和 query"
            raise ProjectError(
                f"{file}：{first}与{second}是{same}（system {spec.system}，table {spec.table}），"
                "会重复载入；请删去其中一个"
            )


def _refuse_mixed(file: Path, place: str, item: Mapping[str, Any]) -> None:
    """A source is a file or a query: what belongs to the one says nothing of the other."""
    if "file" in item:
        raise ProjectError(
            f"{file}：{place} 同时写了 file 和 url、query；请只留一种，文件与数据库分列为两个 [[source]]"
        )
    for given, lacking in (("url", "query"), ("query", "url")):
        if given in item and lacking not in item:
            raise ProjectError(f"{file}：{place} 有 {given} 而没有 {lacking}；数据库来源两项都要写")
    needless = [key for key in ("sheet", "encoding") if key in item]
    if needless:
        raise ProjectError(f"{file}：{place} 是数据库来源，{'、'.join(needless)} 对它没有意义；请删去")


def _mappings(
    file: Path, place: str, name: str, item: Mapping[str, Any]
) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return ``[source.columns]`` and ``[source.codes]`` of a source; a code that is left empty is not mapped yet.

    A value that no list knows may be a local code: it is loaded and counted with the data, as if the file said so.
    """
    columns, codes = item.get("columns", {}), item.get("codes", {})
    if not all(isinstance(value, dict) for value in (columns, codes, *dict(codes).values())):
        raise ProjectError(f'{file}：{place} 的 columns 或 codes 写法不对；请写成 [source.codes.sex] 下的 "男" = "1"')
    for what, given in (("columns", columns), ("codes", codes)):
        strange = sorted(set(given) - set(table(name).names))
        if strange:
            near = get_close_matches(strange[0], table(name).names, 1)
            meant = f"{strange[0]} 是不是 {near[0]}？" if near else "可用的字段见 docs/glossary.md"
            raise ProjectError(f"{file}：{place} 的 {what} 中 {'、'.join(strange)} 不是表 {name} 的字段；{meant}")
    texts = {key: {str(k): str(v) for k, v in values.items() if v != ""} for key, values in codes.items()}
    for key in texts:
        if table(name).field(key).codes is None:
            raise ProjectError(f"{file}：{place} 的 [source.codes.{key}] 不起作用：{key} 不是代码字段；请删去这一节")
    return {key: str(value) for key, value in columns.items()}, texts


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
        try:
            matches = _matches(file, place, pattern)
        except OSError as error:
            raise ProjectError(f"{file}：{place} 的文件 {pattern} {reason(error)}；请检查后再运行") from None
        except (ValueError, NotImplementedError) as error:
            if isinstance(error, ProjectError):
                raise
            raise ProjectError(f"{file}：{place} 的文件 {pattern} 写法不对；请写文件名或 *.csv 这样的通配") from None
        found += [path for path in matches if path not in found]
    return found


def _matches(file: Path, place: str, pattern: str) -> list[Path]:
    """Return the files that a name or glob means; OSError where a folder on the way may not be read."""
    _inside(file, f"{place} 的文件", pattern)
    if Path(pattern).is_absolute():
        pattern = os.path.relpath(pattern, file.parent)
    exact = file.parent / pattern
    if exact.is_file():
        return [exact]
    if exact.is_dir():
        raise ProjectError(f'{file}：{place} 的 {pattern} 是文件夹；请写其中的文件，如 file = "{pattern}/*.csv"')
    if exact.is_symlink():
        raise ProjectError(f"{file}：{place} 的文件 {pattern} 是失效或循环的符号链接；请放入文件本身")
    # A glob means neither what renshe keeps itself nor the locks of an open spreadsheet (~$…).
    own = [name for name in _OWN_FOLDERS if Path(pattern).parts[0] != name]
    matches = [path for path in file.parent.glob(pattern) if path.relative_to(file.parent).parts[0] not in own]
    matches = sorted(path for path in matches if path.is_file() and not path.name.startswith((".", "~$")))
    for path in matches:
        _inside(file, f"{place} 的文件", path.relative_to(file.parent).as_posix())
    if not matches:
        raise ProjectError(f"{file}：{place} 的文件 {pattern} 不存在；请检查文件名（相对于 project.toml 所在文件夹）")
    return matches


def _control(file: Path, number: int, item: Mapping[str, Any]) -> Control:
    place = f"第 {number} 个 [[control]]"
    _refuse_unknown(file, "[[control]]", place, item)
    name = _text(file, item, place, "table")
    if name not in TABLES:
        raise ProjectError(f"{file}：{place} 没有标准表 {name}；可用的有 {'、'.join(TABLES)}")
    count = item.get("count")
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ProjectError(f"{file}：{place} 的 count 应为不小于 0 的整数；请写公布的总数，如 count = 412345")
    return Control(name, _text(file, item, place, "where") if "where" in item else None, count)

"""Rule packs: rules that a province issues, as a folder of rule files with a ``pack.yaml`` that says whose they are.

Business rule: a pack is issued, has a version, and can be compared with the one before (S1-10). An agency that is
judged by it must be able to see who says so, and that each rule does what its author meant.

Invariant: a pack that was read has an issuer, a version and at least one rule; every rule of it bears an id of the
house's form, says what is wrong itself, and brings an example that passes and one that fails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from renshe.engine.rules.catalogue import CatalogueError, Loader, Rule, read_rules

_ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")
_HEAD = "pack.yaml"
_KEYS = ("name", "issuer", "version", "document")
_REQUIRED = ("issuer", "version")


@dataclass(frozen=True, slots=True)
class Pack:
    """One pack as issued; ``text`` is what the catalogue's digest is taken over."""

    name: str
    issuer: str
    version: str
    document: str
    rules: dict[str, Rule]
    text: bytes

    @property
    def head(self) -> dict[str, str]:
        """Return who issued what in which version."""
        return {"name": self.name, "issuer": self.issuer, "version": self.version, "document": self.document}


def read_pack(folder: Path) -> Pack:
    """Return the pack in ``folder``; CatalogueError (one Chinese line: file, rule, remedy) where it is not sound."""
    if not folder.is_dir():
        raise CatalogueError(f"规则包 {folder} 不是文件夹；请检查路径（project.toml 的 [rules] packs）")
    head = _head(folder)
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in (".yaml", ".yml") and file.name != _HEAD)
    rules: dict[str, Rule] = {}
    for file in files:
        for rule in read_rules(file, f"{folder.name}/{file.name}"):
            _check(rule)
            if rule.id in rules:
                raise CatalogueError(f"{rule.origin}：规则编号 {rule.id} 在 {rules[rule.id].origin} 中已有；请改编号")
            rules[rule.id] = rule
    if not rules:
        raise CatalogueError(
            f"规则包 {folder.name} 中没有规则；请放入 表名.yaml，写法见 docs/rules.md，或从 packs 中删去它"
        )
    text = b"".join(file.read_bytes() for file in (folder / _HEAD, *files))
    return Pack(**{key: head.get(key, "") for key in _KEYS}, rules=rules, text=text)


def _head(folder: Path) -> dict[str, str]:
    origin = f"{folder.name}/{_HEAD}"
    form = "写法：issuer: 发布单位，version: 版本，另可写 name、document"
    try:
        data = yaml.load((folder / _HEAD).read_text("utf-8"), Loader=Loader)
    except FileNotFoundError:
        raise CatalogueError(f"规则包 {folder.name} 中没有 {_HEAD}；请建立它，{form}") from None
    except UnicodeDecodeError:
        raise CatalogueError(f"{origin}：不是 UTF-8 编码；请另存为 UTF-8") from None
    except yaml.YAMLError as error:
        raise CatalogueError(f"{origin}：不是合法的 YAML：{' '.join(str(error).split())}；{form}") from None
    if not isinstance(data, dict) or set(data) - set(_KEYS):
        strange = "、".join(str(key) for key in data if key not in _KEYS) if isinstance(data, dict) else ""
        raise CatalogueError(f"{origin}：{f'有不认识的项 {strange}' if strange else '结构不对'}；{form}")
    texts = {key: "" if value is None else str(value).strip() for key, value in data.items()}
    lacking = [key for key in _REQUIRED if not texts.get(key)]
    if lacking:
        raise CatalogueError(f"{origin}：缺少 {'、'.join(lacking)}；{form}")
    return texts


def _check(rule: Rule) -> None:
    if not _ID.fullmatch(rule.id):
        raise CatalogueError(
            f"{rule.origin}：规则编号 {rule.id} 不合规；应为大写字母、数字和连字符，如 JL-PER-PHONE（省份、表、内容）"
        )
    if rule.generic is not None or rule.table == "*":
        raise CatalogueError(
            f"{rule.origin}：规则 {rule.id} 没有指明表或用了 generic，只有内置规则可以这样；"
            "请写明 table，改用 fail、unique 或 overlap"
        )
    lacking = [kind for kind in ("pass", "fail") if not rule.examples.get(kind)]
    if lacking:
        raise CatalogueError(
            f"{rule.origin}：规则 {rule.id} 的 examples 缺少 {'、'.join(lacking)}；"
            "请各写至少一个应通过和应报错的示例，并用 renshe rules test 检验"
        )

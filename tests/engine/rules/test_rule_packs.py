"""Rule packs of a province: issued, versioned, proved by their own examples, refused with file and rule otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from renshe.engine.rules.catalogue import CatalogueError, load_catalogue
from renshe.engine.rules.packs import read_pack
from renshe.engine.rules.testing import run_examples

HEAD = """name: 吉林省养老保险数据整理规则
issuer: 吉林省社会保险事业管理局
version: 2021.1
document: 吉社保〔2021〕1号
"""
RULES = """table: person
rules:
  - id: JL-PER-PHONE
    title: 无联系电话
    field: phone
    fail: empty(phone)
    severity: optional
    class: empty
    dimensions: [completeness]
    source: 吉社保〔2021〕1号
    remedy: 联系本人补录
    examples:
      pass: [{phone: "13900000000"}]
      fail: [{phone: null}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sound pack."""
    made = tmp_path / "吉林规则"
    made.mkdir()
    (made / "pack.yaml").write_text(HEAD, "utf-8")
    (made / "person.yaml").write_text(RULES, "utf-8")
    return made


def refusal(folder: Path) -> str:
    with pytest.raises(CatalogueError) as caught:
        load_catalogue((folder,))
    line = str(caught.value)
    assert "\n" not in line
    assert "吉林规则" in line
    return line


@pytest.mark.req("S1-10")
def test_a_pack_says_who_issued_it_in_which_version(folder: Path) -> None:
    pack = read_pack(folder)
    assert (pack.issuer, pack.version) == ("吉林省社会保险事业管理局", "2021.1")
    assert set(pack.rules) == {"JL-PER-PHONE"}


def test_the_version_of_all_rules_changes_with_that_of_a_pack(folder: Path) -> None:
    before = load_catalogue((folder,)).version
    load_catalogue.cache_clear()
    (folder / "pack.yaml").write_text(HEAD.replace("2021.1", "2021.2"), "utf-8")
    assert load_catalogue((folder,)).version != before


def test_examples_of_a_pack_are_run_like_those_of_the_house(folder: Path) -> None:
    assert run_examples(load_catalogue((folder,)), ["JL-PER-PHONE"]) == (2, [])
    load_catalogue.cache_clear()
    (folder / "person.yaml").write_text(RULES.replace("{phone: null}", '{phone: "13800000000"}'), "utf-8")
    _, [failure] = run_examples(load_catalogue((folder,)), ["JL-PER-PHONE"])
    assert (failure.rule, failure.kind) == ("JL-PER-PHONE", "fail")


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (None, "没有 pack.yaml"),
        (HEAD.replace("version: 2021.1", "version:"), "缺少 version"),
        (HEAD.replace("version: 2021.1\n", ""), "缺少 version"),
        (HEAD.replace("version: 2021.1", 'version: " "'), "缺少 version"),
        (HEAD.replace("issuer: 吉林省社会保险事业管理局\n", ""), "缺少 issuer"),
        (HEAD.replace("version", "verison"), "有不认识的项 verison"),
        ("- 1\n", "结构不对"),
        ("a: [\n", "不是合法的 YAML"),
    ],
)
def test_a_pack_without_issuer_or_version_is_refused(folder: Path, head: str | None, said: str) -> None:
    (folder / "pack.yaml").unlink()
    if head is not None:
        (folder / "pack.yaml").write_text(head, "utf-8")
    assert said in refusal(folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("JL-PER-PHONE", "jl-per-phone", "规则编号 jl-per-phone 不合规"),
        ("JL-PER-PHONE", "电话", "规则编号 电话 不合规"),
        ("JL-PER-PHONE", "PHONE", "规则编号 PHONE 不合规"),
        ("JL-PER-PHONE", "PER-SEX-ID", "PER-SEX-ID 与 person.yaml 中的重复"),
        ("      fail: [{phone: null}]\n", "", "examples 缺少 fail"),
        ('[{phone: "13900000000"}]', "[]", "examples 缺少 pass"),
        ("fail: [{phone: null}]", "fail: 空", "examples 应为 pass 和 fail 两个列表"),
        ("    fail: empty(phone)\n", "    generic: control\n", "只有内置规则可以"),
        ("table: person", 'table: "*"', "只有内置规则可以"),
        ("title: 无联系电话", "title: 5", "title 应为文字"),
        ("rules:\n", "rules: []\nothers:\n", "没有规则"),
    ],
)
def test_a_rule_that_a_pack_cannot_bring_is_refused_with_its_place(folder: Path, old: str, new: str, said: str) -> None:
    assert old in RULES
    (folder / "person.yaml").write_text(RULES.replace(old, new), "utf-8")
    assert said in refusal(folder)


def test_a_pack_without_rules_is_refused(folder: Path) -> None:
    (folder / "person.yaml").unlink()
    assert "没有规则" in refusal(folder)


def test_the_other_spelling_of_the_suffix_is_not_passed_over(folder: Path) -> None:
    (folder / "person.yaml").rename(folder / "person.yml")
    assert set(read_pack(folder).rules) == {"JL-PER-PHONE"}


@pytest.mark.req("S1-17")
def test_a_circle_of_prerequisites_names_its_files(folder: Path) -> None:
    first = RULES.replace("    examples:", "    requires: [JL-PER-MAIL]\n    examples:")
    second = (
        first.replace("JL-PER-PHONE", "X").replace("JL-PER-MAIL", "JL-PER-PHONE").replace("id: X", "id: JL-PER-MAIL")
    )
    (folder / "person.yaml").write_text(first, "utf-8")
    (folder / "more.yaml").write_text(second, "utf-8")
    line = refusal(folder)
    assert "吉林规则/more.yaml、吉林规则/person.yaml：规则的前提成环" in line
    assert "JL-PER-MAIL" in line and "JL-PER-PHONE" in line


def test_a_rule_twice_in_one_pack_is_refused(folder: Path) -> None:
    (folder / "more.yaml").write_text(RULES, "utf-8")
    assert "规则编号 JL-PER-PHONE 在 吉林规则/more.yaml 中已有" in refusal(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- id: JL-PER-X\n", "文件开头应写 table: 表名，再写 rules:"),
        ("table: person\n", "文件开头应写 table: 表名，再写 rules:"),
        ("table: person\nrules: [1]\n", "rules 下每条规则应以“- id: 规则编号”开头"),
    ],
)
def test_a_rule_file_of_another_form_is_told_the_form_and_no_python(folder: Path, text: str, said: str) -> None:
    (folder / "person.yaml").write_text(text, "utf-8")
    line = refusal(folder)
    assert f"{folder.name}/person.yaml" in line
    assert said in line
    assert "indices" not in line

"""``project.toml``: nothing in it is passed over in silence, every refusal names the place and the remedy."""

from __future__ import annotations

import errno
import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from renshe.engine.project import ProjectError, load_project

HEAD = '[project]\nname = "样例"\nregion = "220800"\nas_of = 2021-05-31\n'
PERSON = '[[source]]\nsystem = "pension"\ntable = "person"\nfile = "人员.csv"\n'
CONTROL = '[[control]]\ntable = "person"\ncount = 1\n'
QUERY = '[[source]]\nsystem = "pension"\ntable = "person"\nurl = "sqlite:///a.db"\nquery = "select 1"\n'


def project(folder: Path, text: str) -> Path:
    (folder / "人员.csv").write_text("个人编号,姓名\n1,张三\n", "utf-8")
    (folder / "project.toml").write_text(text, "utf-8")
    return folder


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ProjectError) as caught:
        load_project(project(folder, text))
    line = str(caught.value)
    assert "\n" not in line
    assert str(folder / "project.toml") in line
    return line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            HEAD.replace("as_of", "asof") + PERSON,
            "[project] 有不认识的项 asof；可用的有 name、region、as_of；asof 是不是 as_of？",
        ),
        (
            HEAD + PERSON + CONTROL + "wheree = \"sex = '1'\"\n",
            "第 1 个 [[control]] 有不认识的项 wheree；可用的有 table、where、count",
        ),
        (HEAD + PERSON + 'shet = "甲"\n', "第 1 个 [[source]] 有不认识的项 shet"),
        (HEAD + PERSON + "[rules]\npaks = []\n", "[rules] 有不认识的项 paks；可用的有 packs"),
        (HEAD + PERSON + "[sources]\n", "有不认识的节 sources"),
        ("source = [1]\n" + HEAD, "source 应写成 [[source]]"),
        (HEAD + '[source]\nsystem = "a"\n', "source 应写成 [[source]]"),
        (HEAD + PERSON + "sheet = 1\n", "第 1 个 [[source]] 缺少 sheet"),
        (HEAD + PERSON + CONTROL + "where = 1\n", "第 1 个 [[control]] 缺少 where"),
        (HEAD + PERSON + CONTROL.replace("= 1", "= -1"), "count 应为不小于 0 的整数"),
    ],
)
def test_what_is_misspelt_or_of_another_form_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(tmp_path, text)


@pytest.mark.parametrize("code", ["999999", "220899", "220871"])
def test_a_region_that_does_not_exist_is_refused(tmp_path: Path, code: str) -> None:
    assert f"region = {code} 不在行政区划代码表" in refusal(tmp_path, HEAD.replace("220800", code) + PERSON)


@pytest.mark.parametrize("code", ["220000", "220802", "372800"])
def test_regions_of_every_level_and_abolished_ones_are_known(tmp_path: Path, code: str) -> None:
    assert load_project(project(tmp_path, HEAD.replace("220800", code) + PERSON)).region == code


@pytest.mark.parametrize("day", ["1989-12-31", "0021-05-31", "2201-05-31", str(date.today() + timedelta(days=367))])
def test_a_day_that_nobody_can_mean_is_refused(tmp_path: Path, day: str) -> None:
    assert f"as_of = {day} 应在 1990-01-01 与" in refusal(tmp_path, HEAD.replace("2021-05-31", day) + PERSON)


@pytest.mark.parametrize("day", ["1990-01-01", str(date.today() + timedelta(days=300))])
def test_the_coming_months_may_be_judged(tmp_path: Path, day: str) -> None:
    assert str(load_project(project(tmp_path, HEAD.replace("2021-05-31", day) + PERSON)).as_of) == day


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (QUERY + 'file = "人员.csv"\n', "同时写了 file 和 url、query"),
        (PERSON + 'query = "select 1"\n', "同时写了 file 和 url、query"),
        (QUERY.replace('query = "select 1"\n', ""), "有 url 而没有 query"),
        (QUERY.replace('url = "sqlite:///a.db"\n', ""), "有 query 而没有 url"),
        (QUERY + 'encoding = "gbk"\n', "encoding 对它没有意义"),
    ],
)
def test_a_source_is_a_file_or_a_query(tmp_path: Path, source: str, said: str) -> None:
    line = refusal(tmp_path, HEAD + PERSON + source)
    assert said in line
    assert "第 2 个 [[source]]" in line


@pytest.mark.req("S0-1", part="codes")
@pytest.mark.parametrize(
    ("table", "field", "value", "said"),
    [
        ("person", "name", "张三", "name 不是代码字段"),
        ("person", "sexx", "1", "sexx 不是表 person 的字段；sexx 是不是 sex？"),
    ],
)
def test_a_mapping_of_what_is_no_code_is_refused(tmp_path: Path, table: str, field: str, value: str, said: str) -> None:
    text = HEAD + PERSON.replace("person", table) + f'[source.codes.{field}]\n"甲" = "{value}"\n'
    line = refusal(tmp_path, text)
    assert said in line
    assert "第 1 个 [[source]]" in line


@pytest.mark.parametrize(
    ("table", "field"), [("enrolment", "insurance"), ("person", "ethnicity"), ("change", "kind"), ("person", "sex")]
)
def test_a_local_code_is_taken_and_reported_with_the_data(tmp_path: Path, table: str, field: str) -> None:
    text = HEAD + PERSON.replace("person", table) + f'[source.codes.{field}]\n"甲" = "9001"\n'
    [source] = load_project(project(tmp_path, text)).sources
    assert source.codes == {field: {"甲": "9001"}}


@pytest.mark.parametrize(
    ("table", "field", "value"),
    [
        ("person", "sex", "1"),
        ("person", "sex", "男"),
        ("unit", "industry", "2011"),
        ("contribution", "kind", "2"),
        ("enrolment", "payer_kind", "flexible"),
    ],
)
def test_standard_values_and_what_stands_for_one_are_taken(tmp_path: Path, table: str, field: str, value: str) -> None:
    text = HEAD + PERSON.replace("person", table) + f'[source.codes.{field}]\n"甲" = "{value}"\n"乙" = ""\n'
    [source] = load_project(project(tmp_path, text)).sources
    assert source.codes == {field: {"甲": value}}, "what inspect proposes and nobody filled in yet maps nothing"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ('packs = "规则包"\n', "packs 应为文件夹名的列表"),
        ("packs = [1]\n", "packs 应为文件夹名的列表"),
        ('packs = ["../规则包"]\n', "../规则包 在项目文件夹之外"),
        ('packs = ["没有"]\n', "没有 不是文件夹"),
        ('packs = ["人员.csv"]\n', "人员.csv 不是文件夹"),
    ],
)
def test_rule_packs_are_folders_inside_the_project(tmp_path: Path, rules: str, said: str) -> None:
    assert said in refusal(tmp_path, HEAD + PERSON + "[rules]\n" + rules)
    assert "[rules] 一节" in refusal(tmp_path, 'rules = "规则包"\n' + HEAD + PERSON)


def test_folders_and_dead_links_are_told_from_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "文件夹").mkdir()
    (tmp_path / "圈").symlink_to("圈2")
    (tmp_path / "圈2").symlink_to("圈")
    (tmp_path / "断").symlink_to("无")
    for name, said in (
        ("文件夹", "是文件夹；"),
        ("圈", "循环的符号链接"),
        ("断", "失效"),
        ("无", "不存在"),
        ("/无", "之外"),
    ):
        assert said in refusal(tmp_path, HEAD + PERSON.replace("人员.csv", name))


def test_a_path_that_leads_outside_is_shown_as_written_and_a_link_is_called_a_link(tmp_path: Path) -> None:
    home, outside = tmp_path / "项目", tmp_path / "外.csv"
    home.mkdir()
    outside.write_text("个人编号\n1\n", "utf-8")
    (home / "连.csv").symlink_to(outside)
    for written, said in (
        (str(outside), f"[[source]] 的文件 {outside} 在项目文件夹之外"),
        ("../外.csv", "[[source]] 的文件 ../外.csv 在项目文件夹之外"),
        ("连.csv", "[[source]] 的文件 连.csv 是符号链接，指向项目文件夹之外"),
        ("连*.csv", "[[source]] 的文件 连.csv 是符号链接，指向项目文件夹之外"),
    ):
        assert said in refusal(home, HEAD + PERSON.replace("人员.csv", written))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[project\n", "第 1 行第 9 列不是合法的 TOML；"),
        (HEAD + "region = \n", "第 5 行第 10 列不是合法的 TOML；"),
        ("name = [1,", "末尾不是合法的 TOML；"),
    ],
)
def test_where_toml_cannot_be_read_is_said_in_chinese(tmp_path: Path, text: str, said: str) -> None:
    line = refusal(tmp_path, text)
    assert said in line
    assert not any(letter.isascii() and letter.isalpha() for letter in line.split("TOML；")[1].split("（")[0])


@pytest.mark.parametrize("again", ["人员.csv", "./人员.csv", "人*.csv", "连.csv"])
def test_the_same_file_for_the_same_table_twice_is_refused(tmp_path: Path, again: str) -> None:
    (tmp_path / "连.csv").symlink_to("人员.csv")
    text = HEAD + PERSON + PERSON.replace("人员.csv", again)
    assert "第 1 个 [[source]]与第 2 个 [[source]]是同一个文件" in refusal(tmp_path, text)


def test_the_same_query_twice_is_refused(tmp_path: Path) -> None:
    assert "第 2 个 [[source]]与第 3 个 [[source]]是同一个 url 和 query" in refusal(tmp_path, HEAD + PERSON + QUERY * 2)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"pension"', '"medical"'), ('"person"', '"unit"'), ("人员.csv", "二.csv"), ("\nfile", '\nsheet = "二"\nfile')],
)
def test_one_file_may_fill_several_systems_and_tables(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "二.csv").write_text("个人编号\n1\n", "utf-8")
    folder = project(tmp_path, HEAD + PERSON + PERSON.replace(old, new))
    assert len(load_project(folder).sources) == 2


def test_a_file_that_may_not_be_looked_at_is_a_matter_of_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(tmp_path, HEAD + PERSON)
    stat = Path.stat

    def refuse(self: Path, **settings: bool) -> os.stat_result:
        if self.name == "人员.csv":
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return stat(self, **settings)

    monkeypatch.setattr(Path, "stat", refuse)
    with pytest.raises(ProjectError, match=r"第 1 个 \[\[source\]\] 的文件 人员\.csv 没有读取权限"):
        load_project(folder)


def test_a_project_file_in_a_circle_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "project.toml").symlink_to("project.toml")
    with pytest.raises(ProjectError, match="符号链接循环"):
        load_project(tmp_path)


def test_a_glob_means_neither_our_own_files_nor_locks_of_a_spreadsheet(tmp_path: Path) -> None:
    for name in ("rounds/0001/b.csv", "cache/c.csv", "sources/d.csv", "县/e.csv", "县/~$e.csv", "县/.f.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("个人编号\n1\n", "utf-8")
    found = load_project(project(tmp_path, HEAD + PERSON.replace("人员.csv", "**/*.csv"))).sources
    assert [source.label for source in found] == ["人员.csv", "县/e.csv"]
    found = load_project(project(tmp_path, HEAD + PERSON.replace("人员.csv", "sources/*.csv"))).sources
    assert [source.label for source in found] == ["sources/d.csv"]

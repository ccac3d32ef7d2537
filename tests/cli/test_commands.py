"""What a program that calls ``renshe`` relies on: exit codes, one line of error, JSON and nothing else."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden" / "project"


def renshe(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "renshe.cli.main", *args]
    env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **environment}
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=env, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the golden project."""
    return Path(shutil.copytree(GOLDEN, tmp_path / "项目 一"))


def test_clean_prints_json_and_nothing_else(project: Path) -> None:
    run = renshe("clean", str(project), "--json")
    assert run.returncode == 0
    assert json.loads(run.stdout)["round"] == 1
    assert run.stderr == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("人员.csv", "没有.csv", "没有.csv 不存在"),
        ("as_of  = 2021-05-31", 'as_of  = "2021-06-31"', "as_of 应为日期"),
        ('table  = "unit"', 'table  = "units"', "没有标准表 units"),
        ("status = '1'", "status == '1'", "[[control]] 的 where"),
        ('region = "220800"', "region = 220800", "region"),
        ('region = "220800"', 'region = "229999"', "不在行政区划代码表"),
        ("as_of  =", "asof  =", "asof 是不是 as_of？"),
        ("[project]", "[project", "不是合法的 TOML"),
    ],
)
def test_bad_configuration_is_one_line_with_its_remedy_and_changes_nothing(
    project: Path, old: str, new: str, said: str
) -> None:
    toml = project / "project.toml"
    text = toml.read_text("utf-8")
    assert old in text
    toml.write_text(text.replace(old, new), "utf-8")
    run = renshe("clean", str(project))
    assert run.returncode == 2
    assert said in run.stderr
    assert "project.toml" in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert run.stdout == ""
    assert not list((project / "rounds").glob("*")) if (project / "rounds").exists() else True


def test_an_unset_secret_is_named_and_never_shown(project: Path) -> None:
    toml = project / "project.toml"
    more = '\n[[source]]\nsystem = "x"\ntable = "person"\nurl = "${DB_URL}"\nquery = "select 1"\n'
    toml.write_text(toml.read_text("utf-8") + more, "utf-8")
    assert "DB_URL" in renshe("clean", str(project)).stderr
    run = renshe("clean", str(project), DB_URL="postgresql://u:geheim@127.0.0.1:1/x")
    assert run.returncode == 2
    assert "geheim" not in run.stdout + run.stderr
    assert not any(b"geheim" in path.read_bytes() for path in project.rglob("*") if path.is_file())


@pytest.mark.req("S1-8", part="severity")
def test_rules_lists_the_catalogue_for_programs(tmp_path: Path) -> None:
    rules = json.loads(renshe("rules", "--json").stdout)
    assert len(rules) >= 130
    assert {"id", "table", "class", "severity", "title", "source"} <= set(rules[0])
    assert {rule["severity"] for rule in rules} == {"must_fix", "optional"}


PACK = """table: person
rules:
  - id: JL-PHONE
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


@pytest.mark.req("S1-10")
def test_a_pack_of_the_province_is_loaded_tested_and_compared(project: Path, tmp_path: Path) -> None:
    old, new = project / "rules-1", project / "rules-2"
    for folder in (old, new):
        folder.mkdir()
        head = f"name: 吉林省规则\nissuer: 吉林省社会保险事业管理局\nversion: {folder.name[-1]}\n"
        (folder / "pack.yaml").write_text(head, "utf-8")
    (old / "person.yaml").write_text(PACK, "utf-8")
    (new / "person.yaml").write_text(PACK.replace("optional", "must_fix"), "utf-8")
    toml = project / "project.toml"
    toml.write_text(toml.read_text("utf-8") + '\n[rules]\npacks = ["rules-1"]\n', "utf-8")
    found = json.loads(renshe("rules", "--project", str(project), "--json").stdout)
    assert "JL-PHONE" in {rule["id"] for rule in found}
    diff = json.loads(renshe("rules", "diff", str(old), str(new), "--json").stdout)
    assert diff == {"versions": ["1", "2"], "added": [], "removed": [], "changed": {"JL-PHONE": ["severity"]}}
    [issued] = json.loads(renshe("clean", str(project), "--json").stdout)["packs"]
    assert (issued["issuer"], issued["version"]) == ("吉林省社会保险事业管理局", "1")
    assert "吉林省社会保险事业管理局 1 → " in renshe("rules", "diff", str(old), str(new)).stdout


def test_inspect_proposes_lines_that_work(project: Path) -> None:
    run = renshe("inspect", str(project / "人员.csv"), "--json")
    look = json.loads(run.stdout)
    assert look["table"] == "person"
    assert look["layout"]["encoding"] == "gb18030"
    assert 'id_number = "身份证号"' in look["proposal"]


def test_help_speaks_the_language_of_the_user() -> None:
    assert "检查" in renshe("--help", LANG="zh_CN.UTF-8").stdout
    assert "Run one cleaning round" in renshe("--help", LANG="en_US.UTF-8").stdout
    said = renshe("clean", "--help", LANG="zh_CN.UTF-8").stdout
    assert "用法：" in said and "选项：" in said and "显示本说明" in said
    assert not [word for word in ("Usage", "Options", "OPTIONS", "Show this", "default", "required") if word in said]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("clean", "缺少参数 project"),
        ("clean a b", "多出的参数 b"),
        ("clean --nope a", "没有选项 --nope"),
        ("clean a --jso", "没有选项 --jso；可用的有 --json"),
        ("clean --backend", "选项 --backend 后面没有写值"),
        ("cleen", "没有命令 cleen"),
        ("simulate x --persons abc", "--persons 的值应为整数"),
        ("simulate x --dirty abc", "--dirty 的值应为数字"),
        ("simulate x --persons 0", "--persons 的值不能小于 1"),
        ("simulate x --dirty 3", "--dirty 的值不能大于 0.2"),
    ],
)
def test_a_command_line_that_is_not_understood_is_one_chinese_line_with_its_remedy(args: str, said: str) -> None:
    run = renshe(*args.split(), LANG="zh_CN.UTF-8")
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert run.stderr.startswith(f"错误：{said}；写法见 ") and "--help" in run.stderr
    assert run.stdout == ""


def test_an_english_locale_gets_the_usual_words() -> None:
    run = renshe("clean", "--nope", LANG="en_US.UTF-8")
    assert run.returncode == 2
    assert "No such option: --nope" in run.stderr


def test_an_output_that_takes_nothing_is_not_called_a_full_disk_of_the_project(project: Path) -> None:
    command = [sys.executable, "-m", "renshe.cli.main", "clean", str(project)]
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert run.returncode == 1
    assert "标准输出" in run.stderr and "磁盘" not in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert (project / "rounds" / "0001" / "manifest.json").is_file()


def test_console_and_report_count_the_same_rows(project: Path) -> None:
    said = renshe("clean", str(project)).stdout
    page = (project / "rounds/0001/report.html").read_text("utf-8")
    loaded = re.search(r"入表 ([\d,]+) 行", said)
    shown = re.search(r"检查数据</dt><dd>([\d,]+)", page)
    sources = re.search(r"读取 (\d+) 个来源", said)
    assert loaded and shown and sources
    assert loaded[1] == shown[1]
    assert f"{sources[1]} 个来源</dd>" in page
    assert "另有参数 2 行" in said

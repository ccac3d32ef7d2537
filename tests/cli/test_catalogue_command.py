"""``renshe catalogue`` tells every data set without a database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from renshe.cli.catalogue import run_catalogue, run_mapping
from renshe.engine.simulate.simulate import simulate
from renshe.standards.data_sets import data_sets


@pytest.mark.req("S4-16")
def test_every_data_set_is_told_with_owner_fields_and_groups(capsys: pytest.CaptureFixture[str]) -> None:
    run_catalogue(as_json=True)
    told = {one["code"]: one for one in json.loads(capsys.readouterr().out)}
    assert set(told) == set(data_sets())
    account = told["account"]
    assert account["owner"] == "养老保险管理科" and account["level"] == "高" and "entry" not in account["export"]
    assert {field["protection"] for field in account["tables"][0]["fields"]} >= {"B"}
    run_catalogue(as_json=False)
    assert "个人账户数据（account）：归口养老保险管理科" in capsys.readouterr().out


PROJECT = """[project]
name = "两个系统"
region = "220800"
as_of = 2021-05-31
[[source]]
system = "pension"
table = "person"
file = "old.csv"
[source.columns]
name = "职工大名"
[[source]]
system = "medical"
table = "person"
file = "new.csv"
"""


@pytest.mark.req("S4-76")
def test_each_old_indicator_is_told_with_its_standard_field_and_what_has_none_is_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "project.toml").write_text(PROJECT, "utf-8")
    (tmp_path / "old.csv").write_text("AAC001,职工大名,公民身份号码,旧代码\n1,张丽华,220802196503120173,7\n", "utf-8")
    (tmp_path / "new.csv").write_text("个人编号,姓名\n1,张丽华\n", "utf-8")
    run_mapping(tmp_path, as_json=True)
    told = json.loads(capsys.readouterr().out)
    shown = {(one["system"], one["old"]): one["field"] for one in told["indicators"]}
    assert shown["pension", "职工大名"] == shown["medical", "姓名"] == "name"
    assert shown["pension", "旧代码"] is None and told["unmapped"] == 1
    assert shown["pension", "AAC001"] == shown["medical", "个人编号"] is not None
    run_mapping(tmp_path, as_json=False)
    printed = capsys.readouterr().out
    assert "旧代码 → （没有对应）" in printed and "没有对应的 1 个" in printed and "张丽华" not in printed


@pytest.mark.req("S4-76", part="of the simulated project nothing is left over")
def test_of_the_simulated_systems_every_indicator_has_its_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(tmp_path, persons=20, seed=1, dirty=0.0)
    run_mapping(tmp_path, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["unmapped"] == 0 and len({one["system"] for one in told["indicators"]}) > 1

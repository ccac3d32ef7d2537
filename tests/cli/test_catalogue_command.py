"""``renshe catalogue`` tells every data set without a database."""

from __future__ import annotations

import json

import pytest

from renshe.cli.catalogue import run_catalogue
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

"""The log is searched by person, unit, field, operator, date and state; what was revoked is found as well."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.engine.mending.conftest import HANDS, Pages, copied, identity, write_pages

from renshe.engine.mending.decide import decide
from renshe.engine.mending.refusals import MendingError
from renshe.engine.mending.revoke import revoke
from renshe.engine.mending.searching import Criteria, Entry, search
from renshe.engine.rounds.clean import clean

Row = dict[str, Any]


@pytest.fixture(scope="module")
def decided(
    tmp_path_factory: pytest.TempPathFactory, cleaned: Path, published: Pages
) -> tuple[Path, list[Row], list[str]]:
    """A project with two batches, one before and one after its second round; the rows and the ids of the decisions."""
    folder = tmp_path_factory.mktemp("searching")
    project = Path(shutil.copytree(cleaned, folder / "project"))
    pages = copied(published)
    rows = [row for page in pages.values() if page.is_list for row in page.rows]
    sex = next(row for row in rows if identity(row)[0] == "PER-SEX-ID")
    unit = next(row for row in rows if identity(row)[0] == "UNI-NAME-TAX")
    sex |= HANDS | {"处理方式": "更正", "新值": sex["应为"]}
    unit |= HANDS | {"处理方式": "采信他方", "经办人": "赵某", "复核人": "孙某"}
    one = decide(project, [write_pages(folder / "一.xlsx", pages)])
    clean(project)
    later = copied(published)
    phone = next(row for page in later.values() if page.is_list for row in page.rows if identity(row)[0] == "PER-PHONE")
    phone |= HANDS | {"处理方式": "退回核实"}
    two = decide(project, [write_pages(folder / "二.xlsx", later)])
    return project, [sex, unit, phone], [decision.id for decision in (*one.decisions, *two.decisions)]


def found(project: Path, **wanted: Any) -> list[Entry]:
    return search(project, Criteria(**wanted))


@pytest.mark.req("S1-61")
def test_every_correction_is_found_by_person_unit_field_operator_and_date(
    decided: tuple[Path, list[Row], list[str]],
) -> None:
    project, [sex, unit, phone], ids = decided
    assert {entry.decision.id for entry in found(project)} == set(ids) and len(ids) == 3

    def rules(**wanted: Any) -> set[str | None]:
        return {entry.decision.rule for entry in found(project, **wanted)}

    assert "PER-SEX-ID" in rules(person=sex["个人编号"]) and "UNI-NAME-TAX" not in rules(person=sex["个人编号"])
    assert "PER-SEX-ID" in rules(person=sex["证件号码"])
    assert rules(person="nobody") == set()
    assert rules(unit=unit["单位编号"]) >= {"UNI-NAME-TAX"}
    assert rules(field="sex") == rules(field="性别") == {"PER-SEX-ID"}
    assert rules(by="赵某") == rules(by="孙某") == {"UNI-NAME-TAX"}
    day = found(project)[0].decision.at[:10]
    assert len(rules(first=day, last=day)) == 3 and rules(first="2099-01-01") == set()
    assert rules(last="2020-01-01") == set() and len(rules(first="2020年1月1日")) == 3
    assert rules(person=phone["个人编号"], field="联系电话") == {"PER-PHONE"}


def test_what_became_of_a_decision_is_told(decided: tuple[Path, list[Row], list[str]]) -> None:
    project, _, _ = decided
    states = {entry.decision.rule: entry.state for entry in found(project)}
    assert states == {"PER-SEX-ID": "applied", "UNI-NAME-TAX": "applied", "PER-PHONE": "waiting"}
    assert [entry.decision.rule for entry in found(project, state="waiting")] == ["PER-PHONE"]
    with pytest.raises(MendingError, match="没有这种状态"):
        found(project, state="done")
    with pytest.raises(MendingError, match="不是日期"):
        found(project, first="昨天")


@pytest.mark.req("S1-61")
def test_the_console_lists_corrections_and_masks_the_people(decided: tuple[Path, list[Row], list[str]]) -> None:
    project, [sex, _, phone], ids = decided
    command = [sys.executable, "-m", "renshe.cli.main", "decisions", str(project)]
    shown = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    assert "共 3 条决定" in shown and all(id_ in shown for id_ in ids)
    assert "更正" in shown and "已应用" in shown and "待下一轮" in shown
    assert phone["现值"] and phone["现值"] not in shown
    assert not re.search(r"\d{15}", shown)
    told = json.loads(subprocess.run([*command, "--json"], capture_output=True, encoding="utf-8", check=True).stdout)
    assert ([one["id"] for one in told] == ids and told[0]["old"] == sex["现值"]) or told[1]["old"] == sex["现值"]


def test_a_revocation_is_found_with_what_it_undid(decided: tuple[Path, list[Row], list[str]]) -> None:
    project, _, _ = decided
    [phone] = found(project, state="waiting")
    batch, [undo] = revoke(project, [phone.decision.id], None, "王主任", "另行联系")
    entries = found(project, field="联系电话")
    assert [(entry.decision.kind, entry.stands) for entry in entries] == [("recollect", False), ("revoke", True)]
    for wrong, said in (([phone.decision.id], "已经撤销"), (["none"], "没有编号为 none"), ([], "没有写要撤销")):
        with pytest.raises(MendingError, match=said):
            revoke(project, wrong, None, "王主任", "另行联系")
    with pytest.raises(MendingError, match="经办人和依据"):
        revoke(project, [undo.id], None, " ", "另行联系")
    with pytest.raises(MendingError, match="没有批次"):
        revoke(project, [], "20200101", "王主任", "另行联系")
    revoke(project, [], batch, "王主任", "撤销有误")
    assert [entry.stands for entry in found(project, field="联系电话")] == [True, False, True]

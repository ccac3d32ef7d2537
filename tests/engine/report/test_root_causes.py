"""What is mended first: what others stand on, then what must be fixed, then the classes in the plan's order."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import pytest
import yaml

from renshe.engine.report.labels import CLASS_LABELS, GROUPS, root_order, system_label, unknown_rules


@dataclass(frozen=True)
class Told:
    id: str
    severity: str = "must_fix"
    class_: str = "logic"
    requires: tuple[str, ...] = ()
    table: str = "person"
    field: str | None = None
    title: str = ""
    dimensions: tuple[str, ...] = ()
    source: str = ""
    remedy: str = ""
    department: str = ""


def order(*rules: Told) -> list[str]:
    return list(root_order({rule.id: rule for rule in rules}))


def test_a_rule_comes_before_those_that_require_it_even_through_others() -> None:
    assert order(Told("A", requires=("B",)), Told("B", requires=("C",)), Told("C", "optional", "duplicate")) == [
        "C", "B", "A",
    ]  # fmt: skip


def test_then_must_fix_then_class_then_id() -> None:
    rules = [
        Told("Z", class_="junk"),
        Told("B"),
        Told("A"),
        Told("O", "optional", "junk"),
        Told("D", class_="duplicate"),
    ]
    assert order(*rules) == ["Z", "A", "B", "D", "O"]


def test_a_prerequisite_outside_the_catalogue_is_no_obstacle() -> None:
    assert order(Told("A", requires=("GONE",)), Told("B")) == ["A", "B"]


@pytest.mark.req("S1-27")
def test_every_class_belongs_to_exactly_one_of_the_four_groups() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(CLASS_LABELS)
    assert len(GROUPS) == 4


def test_rules_that_the_catalogue_lacks_are_named() -> None:
    assert unknown_rules(["B", "A", "B"], {"A": Told("A")}) == ["B"]


def test_local_systems_keep_their_own_name() -> None:
    assert (system_label("pension"), system_label("老系统")) == ("养老保险", "老系统")
    assert (system_label("backup_2020"), system_label("old_backup")) == ("历史备份 2020", "old_backup")


def test_every_system_of_a_simulated_project_has_a_chinese_name() -> None:
    simulated = yaml.safe_load((resources.files("renshe.engine.simulate") / "data/systems.yaml").read_text("utf-8"))
    assert {"resident", "province"} <= set(simulated)
    assert [name for name in simulated if system_label(name) == name] == []

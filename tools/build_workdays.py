"""Write the working-day calendar of the package from the facts of the development package ``chinesecalendar``.

Run once a year, after the State Council has published the next calendar and ``chinesecalendar`` has it:

    .venv/bin/python tools/build_workdays.py

A year is written only when its notice is listed here: law is dated data with its document.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from chinese_calendar import constants

TARGET = Path(__file__).parent.parent / "src/renshe/standards/data/workdays.yaml"

NOTICES = {
    2009: "国办发明电〔2008〕42号",
    2010: "国办发明电〔2009〕27号",
    2011: "国办发明电〔2010〕40号",
    2012: "国办发明电〔2011〕45号",
    2013: "国办发明电〔2012〕33号",
    2014: "国办发明电〔2013〕28号",
    2015: "国办发明电〔2014〕28号；国发明电〔2015〕1号",
    2016: "国办发明电〔2015〕18号",
    2017: "国办发明电〔2016〕17号",
    2018: "国办发明电〔2017〕12号",
    2019: "国办发明电〔2018〕15号；国办发明电〔2019〕3号",
    2020: "国办发明电〔2019〕16号；国办发明电〔2020〕1号",
    2021: "国办发明电〔2020〕27号",
    2022: "国办发明电〔2021〕11号",
    2023: "国办发明电〔2022〕16号",
    2024: "国办发明电〔2023〕7号",
    2025: "国办发明电〔2024〕12号",
    2026: "国办发明电〔2025〕7号",
}

HEAD = """\
# Days off and make-up working days by calendar year, with the notice of the State Council (office) that sets them.
# A make-up day may stand in the year before the holiday it makes up for. Written by tools/build_workdays.py.
years:
"""


def _days(days: list[date]) -> str:
    return "[" + ", ".join(f'"{day:%m-%d}"' for day in sorted(days)) + "]"


def main() -> None:
    """Write the calendar of every year that has a notice."""
    lines = [HEAD]
    for year, notice in NOTICES.items():
        rest = [day for day in constants.holidays if day.year == year]
        work = [day for day in constants.workdays if day.year == year]
        if not rest:
            raise SystemExit(f"chinesecalendar has no holidays for {year}: update it first")
        lines.append(f"  {year}:\n    document: {notice}\n    rest: {_days(rest)}\n    work: {_days(work)}\n")
    TARGET.write_text("".join(lines), "utf-8")


if __name__ == "__main__":
    main()

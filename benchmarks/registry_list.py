"""A list of two million people, by region and the beginning of a name: p95 of a page. Bar: 200 ms.

People are invented; they live in 3,700 regions of five levels, and their surnames are as common as in the country. The
readers sit in a village, a county, a city and the province; they ask for the first page and for ones further down, by
surname, by two characters, by whole names, by names that nobody has, and by nothing but the region.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import write_result

PEOPLE = 2_000_000
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
_GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂华建国志红梅玉萍文波辉云海燕龙春宇鑫浩佳琪雪婷欣悦"
_READERS = {"village": "bench-5", "county": "bench-3", "city": "bench-2", "province": "bench-1"}


def main() -> None:
    """Measure in a process of its own, at a home of its own."""
    home = Path(tempfile.mkdtemp(prefix="renshe-list-"))
    home.chmod(0o755)
    try:
        subprocess.run(
            [sys.executable, "-m", "benchmarks.registry_list", "run"],
            env={**os.environ, "RENSHE_HOME": str(home)},
            check=True,
        )
    finally:
        shutil.rmtree(home, ignore_errors=True)


def run() -> None:
    """Fill a bureau, ask, write the result."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "renshe.web.settings")
    from renshe.core.database.connect import set_up

    set_up(begin=True)
    drawn = random.Random(6)
    villages = _bureau()
    began = time.perf_counter()
    load(drawn, villages, PEOPLE)
    loaded = time.perf_counter() - began
    write_result("registry_list", people=PEOPLE, load_seconds=round(loaded), **_asked(drawn))


def _bureau() -> list[str]:
    """Make the regions and one reader at each level; return the codes of all regions below the province."""
    from renshe import __version__
    from renshe.core.database.roles import DATABASE
    from renshe.core.journal.context import Context, declared
    from renshe.core.journal.installing import migrate
    from renshe.core.org.models import Holding, Operator, Post
    from renshe.core.org.setting_up import agency_install, grant_install, groups_install, region_install
    from renshe.modules.registry.selectors import QUERY

    migrate(f"{DATABASE}_app", __version__)
    today = dt.date.today()
    codes = []
    with declared(Context(operator="setup", reason="测量")):
        groups_install()
        made = [region_install(code="99", name="省")]
        first = {1: made[0]}
        for level, children in ((2, 5), (3, 12), (4, 15), (5, 3)):
            made = [
                region_install(code=f"{above.pk}{at:02d}"[:12], name=f"{at}", parent=above)
                for above in made
                for at in range(children)
            ]
            first[level] = made[0]
            codes += [one.pk for one in made]
        post = Post.objects.create(code="bench", name="经办", group_id="entry")
        grant_install(post=post, operation_name=QUERY, region=first[1], valid_until=today.replace(year=today.year + 1))
        for level, region in first.items():
            agency = agency_install(number=f"b-{level}", name=region.name, kind="bureau", region=region)
            operator = Operator.objects.create(number=f"bench-{level}", name="测", agency=agency, valid_from=today)
            Holding.objects.create(operator=operator, post=post, valid_from=today)
    return codes


def load(drawn: random.Random, regions: list[str], people: int, first: int = 100_000_000) -> None:
    """Copy so many people in, numbered from ``first`` on, as the owner, whose triggers are put aside: the journal is
    not what is measured."""
    from django.db import connections

    from renshe.modules.registry.models import Contact, Person

    tables = [one._meta.db_table for one in (Person, Contact)]
    with connections["owner"].cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        columns = "person_no, region_id, id_type, id_number, name, name_key, sex, birth_date, registered_on"
        with cursor.copy(f"COPY registry_person ({columns}) FROM STDIN") as copy:
            for row in _people(drawn, regions, people, first):
                copy.write_row(row)
        cursor.execute(
            "INSERT INTO registry_contact (person_no, phone) SELECT person_no, '13800000000' FROM registry_person"
            " ON CONFLICT DO NOTHING"
        )
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("VACUUM ANALYZE registry_person")
        cursor.execute("VACUUM ANALYZE registry_contact")


def _people(drawn: random.Random, regions: list[str], many: int, lowest: int) -> Iterator[tuple[Any, ...]]:
    from renshe.standards.serials import with_check_digit

    weights = [1 / (at + 1) ** 0.7 for at in range(len(_SURNAMES))]
    surnames = drawn.choices(_SURNAMES, weights, k=many)
    first = dt.date(1930, 1, 1).toordinal()
    for at, surname in enumerate(surnames):
        given = "".join(drawn.choices(_GIVEN, k=drawn.choice((1, 2, 2, 2))))
        number = with_check_digit(lowest + at)
        born = dt.date.fromordinal(first + drawn.randrange(30_000))
        region = drawn.choice(regions)
        yield number, region, "01", f"9{number}", surname + given, hash(given) >> 2, "1", born, dt.date(2020, 1, 1)


def _asked(drawn: random.Random) -> dict[str, Any]:
    """Ask 400 times at each level; return the figures in milliseconds."""
    from renshe.core.org.actor import actor_of
    from renshe.modules.registry.selectors import people_counted, people_found

    figures: dict[str, Any] = {}
    every = []
    for level, number in _READERS.items():
        actor = actor_of(number)
        took: list[float] = []
        counted: list[float] = []
        for _ in range(400):
            name, after = _prefix(drawn), None
            for _ in range(drawn.choice((1, 1, 3))):
                began = time.perf_counter()
                _, after = people_found(actor=actor, name=name, after=after)
                took.append((time.perf_counter() - began) * 1000)
                if after is None:
                    break
            began = time.perf_counter()
            people_counted(actor=actor, name=name)
            counted.append((time.perf_counter() - began) * 1000)
        every += took
        figures[f"{level}_p95_ms"], figures[f"{level}_max_ms"] = _p95(took), round(max(took), 1)
        figures[f"{level}_total_p95_ms"] = _p95(counted)
    return {"pages": len(every), "p95_ms": _p95(every), **figures}


def _prefix(drawn: random.Random) -> str:
    surname = drawn.choice(_SURNAMES)
    given = "".join(drawn.choices(_GIVEN, k=2))
    return drawn.choice(("", surname, surname + given[0], surname + given, "龘" + given))


def _p95(times: list[float]) -> float:
    return round(sorted(times)[int(len(times) * 0.95)], 1)


if __name__ == "__main__":
    run() if sys.argv[1:] == ["run"] else main()

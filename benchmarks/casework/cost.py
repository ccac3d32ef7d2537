"""What the submissions of a case cost, PostgreSQL included.

Bars: a leak entered, checked, approved with its effect: 45 ms CPU in all; a person entered, judged by the rules of the
catalogue, checked and registered: 60 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.casework.client import REGION, START, Client
from benchmarks.casework.serving import Served, served
from benchmarks.measure import write_result
from renshe.standards.identity import id_check_char

_WARM = 100


def main(cases: int = 500) -> None:
    """Pass ``cases`` cases of each kind, one after the other, through a bureau served by one process."""
    with served(3, 1) as bureau:
        by_group = {one["group"]: Client(bureau.port, one["token"], one["number"]) for one in bureau.people}
        leaks = _spent(bureau, cases, by_group, ("check", "approve"), lambda _: START)
        people = _spent(bureau, cases, by_group, ("check",), _person)
        found = bureau.look()
    assert found["done"] == found["effects"] and len(found["done"]) == _WARM + cases and found["whole"]
    assert found["registered"] == _WARM + cases
    write_result("case_cost", cases=cases, cpu_ms=leaks, registering_cpu_ms=people)


def _spent(
    bureau: Served,
    cases: int,
    by_group: Mapping[str, Client],
    deciding: tuple[str, ...],
    asked: Callable[[int], Mapping[str, Any]],
) -> float:
    """Return the CPU milliseconds of a case that is handed in and agreed to by one of each group of ``deciding``."""
    for at in range(_WARM + cases):
        if at == _WARM:
            before = bureau.cpu()
        status, case = by_group["entry"].post("/cases", asked(at))
        assert status == 201, case
        for group in deciding:
            body = {"verdict": "agree", "seen": case["digest"]}
            status, told = by_group[group].post(f"/cases/{case['number']}/decisions", body)
            assert status == 200 and (told["state"] == "done" or group != deciding[-1]), told
    return round((bureau.cpu() - before) / cases * 1000, 1)


def _person(at: int) -> dict[str, Any]:
    """Return the registration of somebody whom nobody knows yet."""
    digits = f"{REGION}{1950 + at // 200}0704{at % 200 + 300:03d}"
    form = {
        "id_type": "01",
        "id_number": digits + id_check_char(digits),
        "name": "测试",
        "sex": "1" if at % 2 else "2",
        "birth_date": f"{1950 + at // 200}-07-04",
        "ethnicity": "01",
        "phone": "13800000000",
    }
    return {"type": "registry.person_register", "region": REGION, "form": form, "submit": True}


if __name__ == "__main__":
    main()

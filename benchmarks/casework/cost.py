"""What the three submissions of a case cost: entered, checked, approved with its effect. Bar: 45 ms CPU in all."""

from __future__ import annotations

from benchmarks.casework.client import START, Client
from benchmarks.casework.serving import served
from benchmarks.measure import write_result

_WARM = 100


def main(cases: int = 500) -> None:
    """Pass ``cases`` cases, one after the other, through a bureau served by one process."""
    with served(3, 1) as bureau:
        by_group = {one["group"]: Client(bureau.port, one["token"], one["number"]) for one in bureau.people}
        for at in range(_WARM + cases):
            if at == _WARM:
                before = bureau.cpu()
            status, case = by_group["entry"].post("/cases", START)
            assert status == 201, case
            for group in ("check", "approve"):
                body = {"verdict": "agree", "seen": case["digest"]}
                status, told = by_group[group].post(f"/cases/{case['number']}/decisions", body)
                assert status == 200, told
        spent = bureau.cpu() - before
        found = bureau.look()
    assert found["done"] == found["effects"] and len(found["done"]) == _WARM + cases and found["whole"]
    write_result("case_cost", cases=cases, cpu_ms=round(spent / cases * 1000, 1))


if __name__ == "__main__":
    main()

"""What a case costs with its pages: entered, checked, approved in the workbench; then its document.

Bars: 150 ms CPU in all, PostgreSQL included; the printed document at most 150 ms more.
"""

from __future__ import annotations

from benchmarks.casework.client import FORM, START
from benchmarks.casework.serving import served
from benchmarks.measure import write_result
from benchmarks.pages.clerk import Clerk, seen_in

_WARM = 50
_DOCUMENT = "filing.receipt"


def main(cases: int = 200) -> None:
    """Pass ``cases`` cases, one after the other, through the pages of a bureau served by one process."""
    with served(3, 1) as bureau:
        by_group = {one["group"]: Clerk(bureau.port, one["token"]) for one in bureau.people}
        numbers = []
        for at in range(_WARM + cases):
            if at == _WARM:
                before = bureau.cpu()
            numbers.append(_passed(by_group))
        decided = bureau.cpu()
        for at, number in enumerate(numbers):
            if at == _WARM:
                printing = bureau.cpu()
            by_group["entry"].look(_printed(by_group["entry"], number))
        printed = bureau.cpu()
        found = bureau.look()
    assert found["done"] == found["effects"] == sorted(numbers) and found["whole"]
    write_result(
        "page_cost",
        cases=cases,
        pages_of_a_case=7,
        cpu_ms=round((decided - before) / cases * 1000, 1),
        document_cpu_ms=round((printed - printing) / cases * 1000, 1),
    )


def _passed(by_group: dict[str, Clerk]) -> str:
    """Return the number of a case that three people passed: each looks at the list and the form before."""
    type = START["type"]
    entry = by_group["entry"]
    entry.look(f"/start/{type}")
    form = {name: str(value) for name, value in FORM.items()}
    at = entry.send(f"/start/{type}/form", {**form, "region": str(START["region"]), "then": "submit"})
    entry.look(at)
    for group in ("check", "approve"):
        one = by_group[group]
        seen = seen_in(one.look(at))
        one.look(one.send(f"{at}/decision", {"verdict": "agree", "seen": seen}))
    return at.rpartition("/")[2]


def _printed(one: Clerk, number: str) -> str:
    return one.send(f"/cases/{number}/documents", {"document": _DOCUMENT})


if __name__ == "__main__":
    main()

"""Two hundred clients decide at random: no decision is lost, none is made twice, the journal is whole.

Each client asks, waits for the answer, thinks for up to two seconds, asks again. Those who enter begin cases; the
others take any case that somebody began, so that several want the same; some agree, some return or refuse, some send
what they sent before, some have looked at another form. What was answered with 200 must stand, once; nothing else may.
"""

from __future__ import annotations

import random
import threading
import time
from typing import Any

from benchmarks.casework.client import START, Client
from benchmarks.casework.serving import Served, served
from benchmarks.measure import write_result

_LATEST = 400
_NAMES = {1: "alone", 2: "pair"}


class _Run:
    """What all clients share."""

    def __init__(self, bureau: Served, seconds: float) -> None:
        self.bureau = bureau
        self.until = time.monotonic() + seconds
        self.begun: list[dict[str, Any]] = []
        self.made: list[list[Any]] = []
        self.seconds: list[float] = []
        self.statuses: dict[int, int] = {}
        self.turn = threading.Lock()

    def client(self, at: int, who: dict[str, str]) -> None:
        chance = random.Random(at)
        one = Client(self.bureau.port, who["token"], who["number"])
        while time.monotonic() < self.until:
            if who["group"] == "entry":
                self._enter(one, chance)
            elif self.begun:
                self._decide(one, chance)
            time.sleep(chance.uniform(0, 2))

    def _ask(self, one: Client, path: str, body: Any, key: str) -> tuple[int, Any]:
        began = time.perf_counter()
        status, told = one.post(path, body, key)
        with self.turn:
            self.seconds.append(time.perf_counter() - began)
            self.statuses[status] = self.statuses.get(status, 0) + 1
        return status, told

    def _enter(self, one: Client, chance: random.Random) -> None:
        key = f"{one.number}-{chance.random()}"
        for _ in range(2 if chance.random() < 0.1 else 1):
            status, told = self._ask(one, "/cases", START, key)
        if status == 201:
            with self.turn:
                self.begun.append(told)
                self.made.append([told["number"], 1, one.number, "submit"])

    def _decide(self, one: Client, chance: random.Random) -> None:
        case = chance.choice(self.begun[-_LATEST:])
        verdict = chance.choices(["agree", "return", "refuse"], [94, 3, 3])[0]
        seen = "another" if chance.random() < 0.03 else case["digest"]
        body = {"verdict": verdict, "seen": seen, "opinion": "压力测试"}
        key = f"{one.number}-{chance.random()}"
        for _ in range(2 if chance.random() < 0.1 else 1):
            status, _ = self._ask(one, f"/cases/{case['number']}/decisions", body, key)
        if status == 200:
            with self.turn:
                self.made.append([case["number"], 1, one.number, verdict])


def main(clients: int = 200, seconds: float = 180, workers: tuple[int, ...] = (1, 2)) -> None:
    """Let ``clients`` decide for so many ``seconds``, with each number of ``workers``."""
    results = {}
    for count in workers:
        with served(clients, count) as bureau:
            run = _Run(bureau, seconds)
            hands = [threading.Thread(target=run.client, args=(at, who)) for at, who in enumerate(bureau.people)]
            before = bureau.cpu()
            for hand in hands:
                hand.start()
            for hand in hands:
                hand.join()
            spent = bureau.cpu() - before
            found = bureau.look()
        assert found["decisions"] == sorted(run.made), "a decision was lost, or made twice"
        assert found["done"] == found["effects"] and found["recorded"] == len(run.made)
        assert found["whole"] and found["unsealed"] == 0 and not any(status >= 500 for status in run.statuses)
        run.seconds.sort()
        decided = sum(one[3] != "submit" for one in run.made)
        results[_NAMES[count]] = {
            "requests": len(run.seconds),
            "statuses": dict(sorted(run.statuses.items())),
            "decisions": decided,
            "decisions_per_second": round(decided / seconds, 1),
            "requests_per_second": round(len(run.seconds) / seconds, 1),
            "p50_ms": round(run.seconds[len(run.seconds) // 2] * 1000),
            "p95_ms": round(run.seconds[int(len(run.seconds) * 0.95)] * 1000),
            "cpu_ms_per_decision": round(spent / decided * 1000, 1),
            "cpu_ms_per_request": round(spent / len(run.seconds) * 1000, 1),
            "journal_entries": found["entries"],
        }
    write_result("case_load", clients=clients, seconds=seconds, lost=0, doubled=0, workers=results)


if __name__ == "__main__":
    main()

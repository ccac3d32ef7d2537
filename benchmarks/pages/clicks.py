"""Run by locust, in an environment of its own: clerks who enter, check and approve in the workbench, and think.

CLERKS: a file with number, group and token of each; MADE: where it is written what was answered as done.
"""

from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path
from typing import Any

import gevent
from locust import HttpUser, between, events, task

CLERKS = json.loads(Path(os.environ["CLERKS"]).read_text("utf-8"))
FORM, TYPE = json.loads(os.environ["FORM"]), os.environ["TYPE"]
MADE: list[list[Any]] = []
BEGUN: list[str] = []
SEEN = re.compile(r'name="seen" value="([0-9a-f]+)"')


class ClerkUser(HttpUser):
    """Somebody who is signed in, looks at pages, and does what his post does."""

    wait_time = between(5, 15)

    def on_start(self) -> None:
        """Be one of the clerks."""
        self.who = CLERKS.pop()
        self.client.cookies.set("renshe_session", self.who["token"])

    @task(5)
    def work(self) -> None:
        """Enter a case, or decide one of those that were begun last."""
        if self.who["group"] == "entry":
            self._enter()
        else:
            self._decide()

    @task(2)
    def home(self) -> None:
        """Look at what waits."""
        self.client.get("/")

    @task(1)
    def lists(self) -> None:
        """Look at a list."""
        self.client.get(random.choice(["/inbox/waiting", "/cases", "/people"]))

    def _enter(self) -> None:
        self.client.get(f"/start/{TYPE}", name="/start/…")
        self._think()
        to = self._sent(f"/start/{TYPE}/form", {**FORM, "then": "submit"}, "/start/…/form")
        if to:
            number = to.rpartition("/")[2]
            BEGUN.append(number)
            MADE.append([number, 1, self.who["number"], "submit"])
            self.client.get(to, name="/cases/…")

    def _decide(self) -> None:
        page = self.client.get("/inbox/waiting").text
        waiting = re.findall(r'href="/cases/([A-Z]+-[0-9-]+)"', page)
        if not waiting:
            return
        number = random.choice(waiting)
        found = SEEN.search(self.client.get(f"/cases/{number}", name="/cases/…").text)
        if found is None:
            return
        self._think()
        verdict = random.choices(["agree", "return", "refuse"], [94, 3, 3])[0]
        told = {"verdict": verdict, "seen": found[1], "opinion": "压力测试"}
        if self._sent(f"/cases/{number}/decision", told, "/cases/…/decision"):
            MADE.append([number, 1, self.who["number"], verdict])

    def _think(self) -> None:
        # Not ``wait``: whoever wakes from it while the run ends is killed in the middle of what he sends.
        gevent.sleep(self.wait_time())

    def _sent(self, path: str, form: dict[str, str], name: str) -> str | None:
        """Send a form; return where it leads to. That somebody else was quicker (409) or did the step before himself
        (403) is no error."""
        mark = {"X-CSRFToken": self.client.cookies["csrftoken"]}
        options: dict[str, Any] = {"name": name, "headers": mark, "allow_redirects": False, "catch_response": True}
        with self.client.post(path, form, **options) as answer:
            if answer.status_code in (303, 403, 409):
                answer.success()
            return answer.headers.get("Location") if answer.status_code == 303 else None


@events.quitting.add_listener
def tell(environment: Any, **_: Any) -> None:
    """Write down what was answered as done, and how long it took."""
    total = environment.stats.total
    told = {
        "made": MADE,
        "requests": total.num_requests,
        "failures": [f"{one.method} {one.name}: {one.error}" for one in environment.stats.errors.values()],
        "p50_ms": total.get_response_time_percentile(0.5),
        "p95_ms": total.get_response_time_percentile(0.95),
        "requests_per_second": total.total_rps,
    }
    Path(os.environ["MADE"]).write_text(json.dumps(told), "utf-8")

"""``renshe check``."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from renshe.cli.show import say
from renshe.core.database.connect import set_up
from renshe.core.database.home import home
from renshe.core.database.roles import DATABASE


def run_check(*, deploy: bool, as_json: bool) -> None:
    """Say what was found; exit code 2 where something forbids operation."""
    set_up()
    from renshe.web.checking import findings

    found = findings(home(), f"{DATABASE}_app", deploy=deploy)
    if as_json:
        say(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        for one in found:
            say(f"{'错误' if one.forbids else '提醒'}：{one.what}；{one.remedy}")
        if not found:
            say("检查通过")
    if any(one.forbids for one in found):
        raise typer.Exit(2)

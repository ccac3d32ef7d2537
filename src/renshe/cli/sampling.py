"""The bureau of ``renshe demo``."""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Iterator
from pathlib import Path

from renshe import __version__
from renshe.cli.show import say
from renshe.core.database.connect import set_up
from renshe.core.database.home import home
from renshe.core.database.roles import DATABASE

_SHOWN = "220822"
_PEOPLE = "示范人员.csv"


def require_own(target: Path) -> None:
    """Refuse with BusinessError where the demo's home has a bureau of somebody's; nothing in it is changed."""
    _home_of(target)
    if not Path(os.environ["RENSHE_HOME"]).exists() and not os.environ.get("DATABASE_URL"):
        # Nobody's yet; and the folder of the demo is for what is simulated to make.
        return
    set_up(begin=True)
    from django.db import connection

    from renshe.core.org.sample import require_no_other

    # It may be of an older program.
    if "org_agency" in connection.introspection.table_names():
        require_no_other()


def sample_bureau() -> Iterator[str]:
    """Set the sample bureau up in the demo's home (``require_own``); yield what there is to know of it."""
    set_up(begin=True)
    from renshe.core.journal.installing import migrate
    from renshe.core.org.sample import sample_install

    folder = home()
    migrate(f"{DATABASE}_app", __version__)
    sample = sample_install()
    with (folder / _PEOPLE).open("w", encoding="utf-8-sig", newline="") as written:
        csv.writer(written).writerows([("工号", "姓名", "机构", "岗位"), *sample.operators])
    from renshe.core.affairs.sample import cases_sample

    cases = cases_sample()
    lines = list(_lines_sample())
    yield f"示范局已建立（虚构的机构和人员 {len(sample.operators)} 名）：{folder}"
    yield f"  启动：RENSHE_HOME={folder} renshe serve"
    yield f"  所有人的密码：{sample.password}；名单见 {folder / _PEOPLE}，例如"
    shown = [one for one in sample.operators if one[0].endswith(_SHOWN)]
    yield from (f"    {number} {name}（{agency}{post}）" for number, name, agency, post in shown)
    yield from lines
    yield f"  示范业务 {len(cases)} 笔（{_SHOWN}）："
    yield from (f"    {number} {label}：{state}" for number, label, state in cases)
    yield f"  复核、审批、信息管理人员另需动态口令：手机验证器中添加密钥 {sample.secret}"
    yield f"    （{sample.address}），或运行 RENSHE_HOME={folder} renshe demo --code"


def _lines_sample() -> Iterator[str]:
    """Put in what the lines that are there have to show; yield what that is."""
    from django.apps import apps

    if apps.is_installed("renshe.modules.registry"):
        from renshe.modules.registry.sample import registry_sample

        people, units = registry_sample()
        yield f"  示范登记：人员 {people} 名，单位 {units} 个（虚构）"
        from renshe.cli.exchange_sample import exchange_sample

        yield f"  示范交换对方：{'、'.join(exchange_sample(home()))}（renshe peer run 使其收发，见 docs/exchange.md）"
        if apps.is_installed("renshe.channels.portal"):
            from renshe.channels.portal.sample import portal_sample

            yield f"  网上服务账户（密码同上，/portal/ 登录）：{'、'.join(portal_sample())}"


def run_code(target: Path) -> None:
    """Say the code that a telephone would show now."""
    require_own(target)
    set_up(begin=True)
    from renshe.core.org.sample import sample_install
    from renshe.core.org.totp import STEP, code_at

    now = time.time()
    say(f"{code_at(sample_install().secret, int(now) // STEP)}（{STEP - int(now) % STEP} 秒内有效）")


def _home_of(target: Path) -> None:
    """Let the demo have a home and a server of its own, unless a home was told."""
    if not os.environ.get("RENSHE_HOME"):
        os.environ["RENSHE_HOME"] = str((target / "home").absolute())
        os.environ.pop("DATABASE_URL", None)

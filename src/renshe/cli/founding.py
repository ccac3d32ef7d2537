"""``renshe found``: a bureau of one's own begins, from a workbook."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from renshe import __version__
from renshe.cli.show import say
from renshe.core.database.connect import set_up
from renshe.core.database.home import home
from renshe.core.database.roles import DATABASE
from renshe.core.errors import BusinessError

if TYPE_CHECKING:
    from renshe.core.org.founding import Key

_KEYS = "初始口令.csv"


def run_template(path: Path) -> None:
    """Write the workbook to be filled in."""
    from renshe.core.org.founding_book import template_write

    template_write(path)
    say(f"已生成建局表：{path}")
    say("  逐表填写（表中是示例，请改为本地的）后运行：renshe found " + str(path))


def run_found(path: Path) -> None:
    """Put in place what the workbook says, and write down how each of its people comes in."""
    from renshe.core.org.founding_book import FoundingError, plan_read

    try:
        plan = plan_read(path)
    except FoundingError as error:
        for fault in error.faults:
            say(f"  {fault}")
        raise
    set_up(begin=True)
    from renshe.core.journal.installing import migrate
    from renshe.core.org.founding import bureau_found

    kept = home() / _KEYS
    if kept.exists():
        raise BusinessError("org.founding_keys", file=kept)
    migrate(f"{DATABASE}_app", __version__)
    try:
        bureau_found(plan, lambda keys: _written(kept, keys))
    except BaseException:
        kept.unlink(missing_ok=True)
        raise
    agencies, people = len(plan.agencies), len(plan.people)
    say(f"已建立：地区 {len(plan.regions)} 个、机构 {agencies} 个、岗位 {len(plan.posts)} 个、人员 {people} 名")
    say(f"  各人的初始口令在 {kept}（只有您能读）：分别交给本人后删除；首次登录后请在“我的”中改密码")
    say("  接着启动：renshe serve")


def _written(path: Path, keys: Iterable[Key]) -> None:
    """Write down how everybody comes in, readable by the owner alone."""
    # Nobody else's eyes before its owner's.
    path.touch(0o600, exist_ok=False)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("工号", "姓名", "机构编号", "初始口令", "动态口令（手机验证器扫描或添加）"))
        for key in keys:
            lines.writerow((key.worker.number, key.worker.name, key.worker.agency, key.password, key.telephone or ""))

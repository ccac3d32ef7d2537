"""A bureau of invented people: a province, a city, two counties, a township and a village; a post of every group."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from renshe.core.journal.context import Context, declared
from renshe.core.org.actor import Actor, actor_of
from renshe.core.org.models import Agency, Holding, Operator, Post, Region
from renshe.core.org.operations import Operation, declare, operations
from renshe.core.org.setting_up import agency_install, grant_install, groups_install, region_install

SETUP = Context(operator="setup", reason="建局", approval="批〔2026〕1号")
TODAY = timezone.localdate()
YESTERDAY = TODAY - dt.timedelta(days=1)
NEXT_YEAR = TODAY + dt.timedelta(days=365)

declare(
    Operation("toys.enter", "登记", "entry"),
    Operation("toys.check", "复核", "check"),
    Operation("toys.approve", "审批", "approve"),
    Operation("toys.query", "查询", "query"),
    Operation("toys.export", "导出", "export"),
    Operation("toys.city", "市级汇总", "query", frozenset({2})),
)

PLACES = [
    ("220000", "吉原省", None),
    ("220800", "白杨市", "220000"),
    ("220802", "河东区", "220800"),
    ("220822", "河西县", "220800"),
    ("220822101", "柳树镇", "220822"),
    ("220822101001", "井台村", "220822101"),
    ("220900", "青松市", "220000"),
]
GROUPS = ("entry", "check", "approve", "information", "fund", "audit")


@dataclass
class Bureau:
    """What the fixture made; ``at`` gives the actor of a group's post in a region."""

    regions: dict[str, Region]
    agencies: dict[str, Agency]
    posts: dict[str, Post]

    def at(self, group: str, region: str = "220822") -> Actor:
        return actor_of(f"{group}-{region}", terminal="t-1")

    def operator(self, group: str, region: str = "220822") -> Operator:
        return Operator.objects.get(number=f"{group}-{region}")


def hire(number: str, agency: Agency, **more: object) -> Operator:
    return Operator.objects.create(number=number, name="张丽华", agency=agency, valid_from=YESTERDAY, **more)


def make() -> Bureau:
    with declared(SETUP):
        groups_install()
        regions: dict[str, Region] = {}
        agencies: dict[str, Agency] = {}
        for code, name, above in PLACES:
            regions[code] = region_install(code=code, name=name, parent=regions.get(above or ""))
            agencies[code] = agency_install(
                number=f"ag-{code}", name=f"{name}社会保险局", kind="pension", region=regions[code]
            )
        posts = {group: Post.objects.create(code=group, name=group, group_id=group) for group in GROUPS}
        for post in posts.values():
            for one in operations():
                if one.name.startswith(("toys.", "org.")) and one.kind in post.group.kinds:
                    grant_install(post=post, operation_name=one.name, region=regions["220000"], valid_until=NEXT_YEAR)
        for code in ("220000", "220800", "220802", "220822", "220822101"):
            for group, post in posts.items():
                operator = hire(f"{group}-{code}", agencies[code])
                Holding.objects.create(operator=operator, post=post, valid_from=YESTERDAY)
    return Bureau(regions, agencies, posts)

"""Bulk work is written down before it begins, by whom it may be done."""

from __future__ import annotations

import pytest
from django.db import transaction
from tests.core.org.bureau import Bureau

from renshe.core.errors import BusinessError
from renshe.core.journal.context import declared
from renshe.core.org.actor import Actor
from renshe.core.registers.bulk import bulk, bulk_broken_off, bulk_work
from renshe.core.registers.models import BulkWork


def export(bureau: Bureau, actor: Actor, *, reason: str = "基金审计", region: str = "220822", count: int = 3) -> None:
    with bulk(
        actor=actor,
        operation="toys.export",
        region=bureau.regions[region],
        data_set="pension_file",
        filter={"year": 2020, "name": None},
        reason=reason,
    ) as work:
        work.count += count


@pytest.mark.req("S2-63", "S3-24")
def test_time_count_operator_filter_and_reason_of_an_export_are_kept(bureau: Bureau) -> None:
    export(bureau, bureau.at("audit"))
    row = bulk_work(bureau.at("audit", "220800")).get()
    assert (row.kind, row.operator, row.name, row.count, row.filter, row.reason, row.whole) == (
        "export", "audit-220822", "张丽华", 3, {"year": 2020, "name": None}, "基金审计", True,
    )  # fmt: skip
    assert row.ended_at is not None and row.ended_at >= row.at
    assert not bulk_work(bureau.at("audit", "220802")).exists()


@pytest.mark.req("S2-63")
@pytest.mark.parametrize(
    ("group", "reason", "region", "code"),
    [
        ("audit", " ", "220822", "registers.bulk_reason"),
        ("audit", "x", "220802", "org.not_granted"),
        ("entry", "x", "220822", "registers.data_set_risk"),
    ],
)
def test_without_reason_right_or_rank_nothing_is_begun(
    bureau: Bureau, group: str, reason: str, region: str, code: str
) -> None:
    with pytest.raises(BusinessError) as refused:
        export(bureau, bureau.at(group), reason=reason, region=region)
    assert refused.value.code == code and not BulkWork.objects.exists()


def test_work_that_is_broken_off_stays_in_the_register_as_such(bureau_committed: Bureau) -> None:
    actor = bureau_committed.at("audit")
    with (
        pytest.raises(RuntimeError),
        bulk(
            actor=actor,
            operation="toys.export",
            region=bureau_committed.regions["220822"],
            data_set="case",
            filter={},
            reason="x",
        ) as work,
    ):
        work.count = 2
        raise RuntimeError
    assert bulk_broken_off(actor).get().count == 2


def test_what_is_written_in_the_register_stays(bureau: Bureau) -> None:
    export(bureau, bureau.at("audit"))
    context = bureau.at("audit").context("x", approval="x")
    for change in (
        lambda: BulkWork.objects.update(count=1),
        lambda: BulkWork.objects.update(reason="别的"),
        lambda: BulkWork.objects.all().delete(),
    ):
        with pytest.raises(BusinessError, match="不能修改或删除"), transaction.atomic(), declared(context):
            change()
    assert BulkWork.objects.get().count == 3

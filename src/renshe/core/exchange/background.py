"""What exchange does by itself.

Rule (S3-5, S3-31: a schedule, and a missed run alarms): every minute what is due goes and what waits comes in.

Invariant: nothing here lets anything go that nobody let go.
"""

from __future__ import annotations

from renshe.core.exchange.cycles import schedule_keep
from renshe.core.exchange.dispatching import fetch, send_due
from renshe.core.jobs.declaring import job
from renshe.core.jobs.progress import Progress


@job("exchange.carry", "数据交换收发", schedule="* * * * *", retry=3)
def exchange_carry(progress: Progress) -> None:
    """Send what is due and take in what waits."""
    came, went = fetch(), send_due()
    progress.step(came + went, came + went, f"收到 {came} 个、发出 {went} 个数据包")


@job("exchange.schedule", "数据交换周期检查", schedule="10 * * * *", retry=3)
def exchange_schedule(progress: Progress) -> None:
    """Prepare what is due today, and write down what was missed."""
    prepared, missed = schedule_keep()
    progress.step(prepared + missed, prepared + missed, f"生成 {prepared} 个批次，{missed} 次未按期交换")

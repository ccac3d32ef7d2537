"""What the affairs do by themselves: checked months are filed (S2-47).

Invariant: what nobody checked is not filed; it is an alarm of the registers.
"""

from __future__ import annotations

from renshe.core.affairs.months import months_file
from renshe.core.jobs.declaring import job
from renshe.core.jobs.progress import Progress


@job("affairs.months.file", "修改日志月末归档", schedule="10 4 * * *", retry=3)
def file(progress: Progress) -> None:
    """File the months whose logs were found right."""
    made = len(months_file())
    progress.step(made, made, f"归档 {made} 卷")

"""What casework does by itself.

Rule (issue 5: escalation before a limit passes): every morning who leads is told of what is near its limit or past it,
and what applicants left lying ends.

Invariant: nothing here decides anything.
"""

from __future__ import annotations

from renshe.core.casework.watching import lapse, remind
from renshe.core.jobs.declaring import job
from renshe.core.jobs.progress import Progress


@job("case.remind", "办理期限预警", schedule="0 6 * * *", retry=3)
def case_remind(progress: Progress) -> None:
    """Tell of limits that are near or have passed."""
    told = remind()
    progress.step(told, told, f"预警 {told} 笔，终止久未提交的申请草稿 {lapse()} 笔")

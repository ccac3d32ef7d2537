"""What filing does by itself: papers compared with their digests every week, what nobody names cleared away.

Rule (S1-66): evidence that was altered or lost is found by a check, not by whoever needs it years later.

Invariant: a check that found something fails, so that it is seen among the jobs.
"""

from __future__ import annotations

from renshe.core.errors import BusinessError
from renshe.core.filing.alarms import CHECK
from renshe.core.filing.checking import papers_check, papers_sweep, papers_tell
from renshe.core.jobs.declaring import job
from renshe.core.jobs.progress import Progress


@job("filing.check", "检查材料完整", schedule="30 1 * * 0", retry=1, operation=CHECK)
def check(progress: Progress) -> None:
    """Compare every paper with its digest, and tell what is not as it was."""
    found = papers_check(lambda done, total: progress.step(done, total, f"已检查 {done} 份"))
    papers_tell(found, progress.context("检查材料完整"))
    if not found.whole:
        raise BusinessError("paper.check_failed", missing=len(found.missing), altered=len(found.altered))


@job("filing.sweep", "清理无主文件", schedule="50 2 * * *", retry=1)
def sweep(progress: Progress) -> None:
    """Take out files that nothing names any more."""
    swept = papers_sweep()
    progress.step(swept, swept, f"清理 {swept} 个文件")

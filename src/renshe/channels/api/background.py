"""What the API does by itself: answers that need not be given again are forgotten."""

from __future__ import annotations

from renshe.channels.api.once import forget
from renshe.core.jobs.declaring import job
from renshe.core.jobs.progress import Progress


@job("api.forget", "清理过期的接口答复", schedule="20 3 * * *", retry=3)
def api_forget(progress: Progress) -> None:
    """Delete answers that are older than they are kept."""
    gone = forget()
    progress.step(gone, gone, f"清理 {gone} 条")

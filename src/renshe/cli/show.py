"""What commands print, and their progress on the terminal, by rich; progress is silent where nobody watches."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

Report = Callable[[str, int, int], None]


class OutputError(Exception):
    """Standard output takes nothing. The text is one Chinese line: why, what is not lost, and the remedy."""


def say(text: str) -> None:
    """Print ``text``; OutputError where it cannot be: that is the fault of no disk or folder of the project."""
    try:
        typer.echo(text)
    except OSError as error:
        known = {errno.ENOSPC: "输出的去处已满", errno.EPIPE: "接收的程序已退出"}
        why = known.get(error.errno or 0, error.strerror or str(error))
        raise OutputError(f"结果写不到标准输出（{why}）；已完成的轮次和文件不受影响，请检查输出重定向到哪里") from None


@contextmanager
def progress(enabled: bool = True) -> Iterator[Report]:
    """Yield a function (step, done, total) that moves a progress bar on stderr."""
    if not enabled or not sys.stderr.isatty():
        yield lambda step, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("准备", total=1)

        def report(step: str, done: int, total: int) -> None:
            bar.update(task, description=step, completed=done, total=max(total, 1))

        yield report

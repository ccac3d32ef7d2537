"""Every source of a project is kept by its digest and staged, the largest first, as many at once as there are cores.

Invariant: what is staged is the kept copy, never the user's file; a source that cannot be read stops the round before
anything of it is written.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from threading import get_ident

from renshe.engine.project import Project, SourceSpec
from renshe.engine.rounds.store import Store
from renshe.engine.sources.base import SourceError
from renshe.engine.sources.database import snapshot_query
from renshe.engine.staging.stage import Staged, StageTask, stage

Progress = Callable[[str, int, int], None]
# Below this many bytes in all, starting helper processes costs more than it saves.
_PARALLEL_FROM = 32 << 20


def stage_all(project: Project, store: Store, progress: Progress) -> list[Staged]:
    """Keep and stage every source, in the order of the project."""
    tasks: list[StageTask] = []
    for spec, (sha, kept) in zip(project.sources, _keep_all(project, store, progress), strict=True):
        task = StageTask(
            table=spec.table,
            system=spec.system,
            source_file=spec.label,
            place=spec.place,
            path=kept,
            sha256=sha,
            as_of=project.as_of,
            sheet=spec.sheet,
            encoding=spec.encoding,
            columns=spec.columns,
            codes=spec.codes,
        )
        tasks.append(task)
    size = sum(task.path.stat().st_size for task in tasks)
    workers = min(os.cpu_count() or 1, len(tasks))
    if size < _PARALLEL_FROM or workers < 2:
        done = []
        for at, task in enumerate(tasks):
            progress(f"读取 {task.source_file}", at, len(tasks))
            done.append(stage(task, store.cache))
        return done
    return _stage_parallel(tasks, store, workers, progress)


def _stage_parallel(tasks: list[StageTask], store: Store, workers: int, progress: Progress) -> list[Staged]:
    # Largest first, so that no long file starts last; a fresh process each, since threads of the libraries do not fork.
    order = sorted(range(len(tasks)), key=lambda at: -tasks[at].path.stat().st_size)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        futures = {at: pool.submit(stage, tasks[at], store.cache) for at in order}
        try:
            for done, at in enumerate(order):
                progress(f"读取 {tasks[at].source_file}", done, len(tasks))
                futures[at].result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [futures[at].result() for at in range(len(tasks))]


def _keep_all(project: Project, store: Store, progress: Progress) -> list[tuple[str, Path]]:
    """Keep a copy of every source, several at once: a file's digest is computed outside the interpreter's lock."""
    kept = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        try:
            for at, found in enumerate(pool.map(lambda spec: _keep(spec, store), project.sources)):
                progress(f"登记来源 {project.sources[at].label}", at, len(project.sources))
                kept.append(found)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return kept


def _keep(spec: SourceSpec, store: Store) -> tuple[str, Path]:
    if spec.path is not None:
        return store.keep(spec.path)
    assert spec.url is not None and spec.query is not None
    partial = store.sources / f"query.{os.getpid()}.{get_ident()}.tmp"
    try:
        snapshot_query(spec.url, spec.query, partial)
        return store.keep(partial)
    except SourceError as error:
        raise SourceError(f"{spec.place}（{spec.label}）：{error}") from None
    finally:
        partial.unlink(missing_ok=True)

"""``rounds/NNNN/link``: what a link run leaves, whole or not at all.

Invariant: the folder appears by one rename and holds its own manifest; the round beside it is not touched. Linking a round
again puts a new folder in the place of the old.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from renshe.engine.rounds.store import Store

FOLDER = "link"


@contextmanager
def new_link(store: Store, number: int) -> Iterator[Path]:
    """Yield a folder to fill; it becomes the link folder of round ``number`` when the block ends well."""
    target = store.folder(number) / FOLDER
    partial = store.unfinished / f"link.{number:04d}.{os.getpid()}.tmp"
    partial.mkdir(mode=0o700)
    try:
        yield partial
        for file in partial.rglob("*"):
            file.chmod(0o700 if file.is_dir() else 0o600)
        if target.exists():
            target.rename(partial.with_name(f"link.{number:04d}.{os.getpid()}.old.tmp"))
        partial.rename(target)
    finally:
        for left in store.unfinished.glob(f"link.{number:04d}.{os.getpid()}*.tmp"):
            shutil.rmtree(left, ignore_errors=True)


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write ``manifest.json`` of a link run."""
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", "utf-8")

"""``RENSHE_HOME``: the one folder that holds what renshe keeps on a machine beside projects.

Invariant: what is secret is readable by its owner alone.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from renshe.core.errors import BusinessError

# As root the database runs as a user of its own, who cannot reach root's home.
_OF_ROOT = Path("/var/lib/renshe")
_SECRETS = "secrets"
# Whom the database runs as must come through, and nobody needs to look around.
_PASSABLE = 0o711
# Whoever can read a lock can hold it.
LOCK = 0o600


def home(*, begin: bool = True) -> Path:
    """Return the folder of this installation; where nothing was begun there it is made, or, unless ``begin``,
    BusinessError. It is its owner's alone: whoever else works in it, root too, would shut the owner out."""
    told = os.environ.get("RENSHE_HOME")
    own = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "renshe"
    folder = Path(told).expanduser() if told else _OF_ROOT if hasattr(os, "geteuid") and os.geteuid() == 0 else own
    if not begin and not (folder / _SECRETS).is_dir() and not half_restored(folder).exists():
        raise BusinessError("start.no_home", home=folder)
    try:
        folder.mkdir(mode=_PASSABLE, parents=True, exist_ok=True)
    except OSError as error:
        raise BusinessError("start.home_not_writable", home=folder, why=error.strerror) from None
    if not os.access(folder, os.W_OK):
        raise BusinessError("start.home_not_writable", home=folder, why="没有写权限")
    kept = folder / _SECRETS
    if hasattr(os, "geteuid") and kept.is_dir() and kept.stat().st_uid != os.geteuid():
        raise BusinessError("start.home_of_another", home=folder, user=kept.owner())
    return folder.resolve()


def half_restored(folder: Path) -> Path:
    """Return the mark that stands in ``folder`` from the beginning of a restoration to its end."""
    return folder / ".restoring"


@contextmanager
def held(folder: Path, what: str) -> Iterator[bool]:
    """Yield whether this process alone does ``what`` in ``folder``; it does so until the block ends or it dies."""
    lock = FileLock(folder / f".{what}.lock", timeout=0, mode=LOCK)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def secret(folder: Path, name: str) -> str:
    """Return the secret called ``name`` that is kept in ``folder``, drawn at random the first time."""
    kept = folder / _SECRETS / name
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    while True:
        try:
            return kept.read_text("ascii").strip()
        except FileNotFoundError:
            draft = kept.with_name(f".{name}.{os.getpid()}")
            draft.touch(0o600)
            draft.write_text(secrets.token_urlsafe(48) + "\n", "ascii")
            # Of two processes that draw at once one wins, and both read what it drew.
            try:
                os.link(draft, kept)
            except FileExistsError:
                pass
            finally:
                draft.unlink()

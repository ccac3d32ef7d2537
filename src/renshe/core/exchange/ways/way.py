"""What every way can do.

Rule (S2-67; S3-36: content, channels and cycles): directory, SFTP, HTTPS, by hand: each puts a file there whole or not
at all, and tells what waits.

Invariant: a file that was put is there under its name with all its bytes, or not there under that name; putting the
same again changes nothing.
"""

from __future__ import annotations

import re
from typing import Protocol

ENDING = ".rsp"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}\.rsp")


class Unreachable(Exception):
    """The other side was not reached, or did not take the file; the text says why in Chinese."""


class Way(Protocol):
    """One way to another side."""

    def put(self, name: str, file: bytes) -> bytes | None:
        """Put ``file`` there as ``name``; return what the other side answers at once (its receipt), if it does.
        Unreachable where it was not taken whole."""

    def names(self) -> list[str]:
        """Return the names of the files that wait for us, in order."""

    def get(self, name: str) -> bytes:
        """Return a file that waits for us."""

    def done(self, name: str) -> None:
        """Take a file that was dealt with out of those that wait; nothing where it is gone."""


def is_name(name: str) -> bool:
    """Whether ``name`` can be that of a package: a plain name that leads nowhere else."""
    return _NAME.fullmatch(name) is not None

"""Files that leave: named, of the kind they are, and no page of this site.

Invariant: a browser never guesses what a file is; only what this house made itself may be shown in place.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import IO, Any, TypeVar
from urllib.parse import quote

from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase

R = TypeVar("R", bound=HttpResponseBase)
PDF, ZIP = "application/pdf", "application/zip"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def sent(content: bytes, kind: str, name: str, *, inline: bool = False) -> HttpResponse:
    """Return the answer that hands ``content`` out under ``name``."""
    return _named(HttpResponse(content, content_type=kind), name, inline=inline)


def sent_as_written(write: Callable[[IO[bytes]], Any], kind: str, name: str) -> FileResponse:
    """Return the answer that hands out what ``write`` writes, however large, under ``name``."""
    # The answer closes the file, which is gone then.
    written = tempfile.TemporaryFile(prefix="renshe-")  # noqa: SIM115
    try:
        write(written)
        written.seek(0)
    except BaseException:
        written.close()
        raise
    return _named(FileResponse(written, content_type=kind), name)


def _named(response: R, name: str, *, inline: bool = False) -> R:
    how = "inline" if inline else "attachment"
    response.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

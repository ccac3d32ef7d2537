"""Files that leave: named, of the kind they are, and no page of this site.

Invariant: a browser never guesses what a file is; only what this house made itself may be shown in place.
"""

from __future__ import annotations

from urllib.parse import quote

from django.http import HttpResponse


def sent(content: bytes, kind: str, name: str, *, inline: bool = False) -> HttpResponse:
    """Return the answer that hands ``content`` out under ``name``."""
    response = HttpResponse(content, content_type=kind)
    how = "inline" if inline else "attachment"
    response.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

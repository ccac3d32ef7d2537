"""The journal's SQL, which stands in files of its own (``sql/``).

Invariant: what is filled in are names and constants of this program, quoted by whoever fills them in.
"""

from __future__ import annotations

from importlib import resources
from string import Template


class _Sql(Template):
    # Functions are written between dollars.
    delimiter = "@"


def script(name: str, /, **filled: object) -> str:
    """Return the SQL of ``sql/<name>.sql`` with ``filled`` in the places of that name (``@place``)."""
    text = resources.files(__package__).joinpath("sql", f"{name}.sql").read_text("utf-8")
    return _Sql(text).substitute(filled)

"""Why a file is not taken: of no kind that is, or of one, but dangerous.

Invariant: what is told is in the words of whoever hands the file in.
"""

from __future__ import annotations


class Unknown(Exception):
    """The content is of no kind that may be attached, or not whole."""


class Dangerous(Exception):
    """The content is of a kind that may be attached, but carries what must not come in; ``why``: in Chinese."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)

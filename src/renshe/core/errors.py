"""A refusal of the business, as opposed to a fault of the program.

Rule (style of the house): one exception with a code and facts; what a user reads stands in one registry
(``errors.yaml``) and says what is wrong, what is allowed and what to do.

Invariant: every code that is raised is in the registry, with all facts that its text asks for.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from string import Formatter

import yaml


class BusinessError(Exception):
    """What was asked for is refused; nothing was changed. ``code`` names the text, ``facts`` fill it in."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.facts = facts
        super().__init__(texts()[code].format(**facts))


@cache
def texts() -> dict[str, str]:
    """Return the registry: by code, the Chinese text with places for its facts."""
    found: dict[str, str] = yaml.safe_load(resources.files(__package__).joinpath("errors.yaml").read_text("utf-8"))
    return found


def facts_of(code: str) -> set[str]:
    """Return the facts that the text of ``code`` asks for."""
    return {name for _, name, _, _ in Formatter().parse(texts()[code]) if name}

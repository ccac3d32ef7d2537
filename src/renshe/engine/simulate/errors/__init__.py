"""Known errors: one function per kind, named after the rule that it should trigger."""

from renshe.engine.simulate.errors import amounts, contributions, lives, persons
from renshe.engine.simulate.errors.registry import EARLY, KINDS, LATE, Budget, apply_errors

__all__ = ["EARLY", "KINDS", "LATE", "Budget", "amounts", "apply_errors", "contributions", "lives", "persons"]

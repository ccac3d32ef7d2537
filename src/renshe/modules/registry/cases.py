"""The case types of the register."""

from renshe.modules.registry import closing, merging, person_cases

__all__ = ["closing", "merging", "person_cases"]

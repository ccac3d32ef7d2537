"""The case types of the register."""

from renshe.modules.registry import closing, person_cases

__all__ = ["closing", "person_cases"]

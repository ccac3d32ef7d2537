"""The case types of the register."""

from renshe.modules.registry import person_cases

__all__ = ["person_cases"]

"""The case types of the register."""

from renshe.modules.registry import closing, merging, modified, modifying, person_cases, unit_cases, unit_merging

__all__ = ["closing", "merging", "modified", "modifying", "person_cases", "unit_cases", "unit_merging"]

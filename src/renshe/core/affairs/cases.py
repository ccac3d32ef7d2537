"""The case types of the affairs."""

from renshe.core.affairs import conduct, deletion, questions

__all__ = ["conduct", "deletion", "questions"]

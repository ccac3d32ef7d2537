"""The case types of the affairs."""

from renshe.core.affairs import approvals, conduct, deletion, questions

__all__ = ["approvals", "conduct", "deletion", "questions"]

"""Invented populations with known errors: what the engine is measured against."""

from renshe.engine.simulate.simulate import SimulateResult, simulate

__all__ = ["SimulateResult", "simulate"]

"""The tables of exchange."""

from renshe.core.exchange.models.batches import Batch, Fate, Passage, Record, Stage
from renshe.core.exchange.models.partners import Agreement, Key, Partner, Secret, Sort

__all__ = ["Agreement", "Batch", "Fate", "Key", "Partner", "Passage", "Record", "Secret", "Sort", "Stage"]

"""The tables of exchange."""

from renshe.core.exchange.models.batches import Batch, Fate, Passage, Record, Stage
from renshe.core.exchange.models.comparing import Difference, Returned
from renshe.core.exchange.models.keeping_time import Emergency, Missed
from renshe.core.exchange.models.partners import Agreement, Key, Partner, Secret, Sort

__all__ = [
    "Agreement", "Batch", "Difference", "Emergency", "Fate", "Key", "Missed", "Partner", "Passage", "Record",
    "Returned", "Secret", "Sort", "Stage",
]  # fmt: skip

"""The registers' tables.

Rule: what is evidence is added and stays; of what goes on for a while only what is still empty is filled in
(``journal_keeps``, held by the database).

Invariant: each row says of which region it is; people and agencies stand in it by their numbers, which outlive them.
"""

from renshe.core.registers.models.running import CapacitySample, DatabaseCheck, Duty, Fault, Heartbeat, RunningLog
from renshe.core.registers.models.safety import Backup, BackupInterval, BackupProof, Drill, Plan
from renshe.core.registers.models.work import BulkWork, Candidate, ChangeLogCheck, CleanUp

__all__ = [
    "Backup",
    "BackupInterval",
    "BackupProof",
    "BulkWork",
    "Candidate",
    "CapacitySample",
    "ChangeLogCheck",
    "CleanUp",
    "DatabaseCheck",
    "Drill",
    "Duty",
    "Fault",
    "Heartbeat",
    "Plan",
    "RunningLog",
]

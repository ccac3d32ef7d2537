"""Content and packages of batches, kept as papers are: by digest, checked, saved with every backup.

Invariant: while a batch names a paper nobody clears it away, nor between its being put in place and named.
"""

from __future__ import annotations

from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Batch
from renshe.core.filing import referring, store
from renshe.core.filing.alarms import alarm
from renshe.core.journal.context import Context, declared


def kept(content: bytes) -> str:
    """Keep ``content``, inside the transaction that names it; return its digest."""
    referring.lock(store.digest_of(content))
    return store.put(content)


def package_of(batch: Batch, context: Context) -> bytes:
    """Return the package of ``batch``; BusinessError, and an alarm, where it is missing or altered."""
    assert batch.package is not None
    try:
        return store.read(batch.package)
    except store.Lost as lost:
        with declared(context):
            alarm(lost.digest, lost.found, region=batch.region_id, by=context.operator)
        raise BusinessError("exchange.package_lost", number=batch.number) from lost

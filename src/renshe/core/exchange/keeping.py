"""Content and packages of batches, kept as papers are: by digest, checked, saved with every backup.

Invariant: while a batch names a paper nobody clears it away, nor between its being put in place and named.
"""

from __future__ import annotations

from renshe.core.filing import referring, store


def kept(content: bytes) -> str:
    """Keep ``content``, inside the transaction that names it; return its digest."""
    referring.lock(store.digest_of(content))
    return store.put(content)

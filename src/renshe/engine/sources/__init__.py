"""Readers: one per format, all yielding raw rows and rejects (see ``base``)."""

"""How a name sounds, as a number by which namesakes are found.

Rule: clerks write what they hear: 丽华 and 莉华 are looked for together, and so are sounds that dialects confuse
(``standards.pinyin``). The number stands for the sound and does not tell it: who reads the journal reads no name.

Invariant: names that sound alike have one number, in every installation.
"""

from __future__ import annotations

from hashlib import sha256

from renshe.standards.folding import simple_name
from renshe.standards.pinyin import name_sound


def name_key(name: str) -> int:
    """Return the number of how ``name`` sounds; of one that cannot be read, of how it is written."""
    folded = simple_name(name) or name
    told = name_sound(folded) or folded
    return int.from_bytes(sha256(told.encode()).digest()[:8], "big", signed=True)

"""What the register keeps."""

from renshe.modules.registry.models.people import Apart, Card, CardEvent, Contact, Identifier, Life, Merged, Person
from renshe.modules.registry.models.regime import Modification
from renshe.modules.registry.models.units import (
    Account,
    Filing,
    NameSource,
    OldNumber,
    Unit,
    UnitMerged,
    UnitName,
    UnitSnapshot,
)

__all__ = [
    "Account",
    "Apart",
    "Card",
    "CardEvent",
    "Contact",
    "Filing",
    "Identifier",
    "Life",
    "Merged",
    "Modification",
    "NameSource",
    "OldNumber",
    "Person",
    "Unit",
    "UnitMerged",
    "UnitName",
    "UnitSnapshot",
]

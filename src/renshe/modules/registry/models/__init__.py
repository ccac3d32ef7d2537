"""What the register keeps."""

from renshe.modules.registry.models.people import Apart, Card, CardEvent, Contact, Identifier, Life, Merged, Person
from renshe.modules.registry.models.regime import Modification

__all__ = ["Apart", "Card", "CardEvent", "Contact", "Identifier", "Life", "Merged", "Modification", "Person"]

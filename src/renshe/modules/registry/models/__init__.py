"""What the register keeps."""

from renshe.modules.registry.models.people import Apart, Card, CardEvent, Contact, Identifier, Life, Merged, Person

__all__ = ["Apart", "Card", "CardEvent", "Contact", "Identifier", "Life", "Merged", "Person"]

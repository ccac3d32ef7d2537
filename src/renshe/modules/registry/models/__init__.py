"""What the register keeps."""

from renshe.modules.registry.models.people import Card, CardEvent, Contact, Identifier, Life, Merged, Person

__all__ = ["Card", "CardEvent", "Contact", "Identifier", "Life", "Merged", "Person"]

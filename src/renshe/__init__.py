"""renshe (人社): an open information system for Chinese human-resources and social-security agencies."""

__version__ = "0.1.0"

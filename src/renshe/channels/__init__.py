"""The ways in which others meet the system: programs through the API, people through the portal."""

"""Exchange: every batch that enters or leaves is registered, checked, acknowledged and repeatable."""

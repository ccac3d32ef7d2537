"""Who works where, may do what for which region, and how they come in."""

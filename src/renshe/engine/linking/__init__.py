"""Who is who across systems: the same person or unit under different numbers and spellings."""

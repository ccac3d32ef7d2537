"""The ledgers of the ground, declared: each is a list, its columns, and what may be done."""

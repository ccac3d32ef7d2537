"""The append-only record of every change, its seals, and the registers that the data rules ask for."""

"""Law as data: dated parameters with document numbers, and pure formulas over them."""

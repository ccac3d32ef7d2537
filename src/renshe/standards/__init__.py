"""What the field agrees on: identity numbers, regions, code lists, the data dictionary, periods, money, workdays."""

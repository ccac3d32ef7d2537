"""PostgreSQL: where it is, who may do what in it, how it is saved and brought back."""

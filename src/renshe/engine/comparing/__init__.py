"""Two systems held against each other, person by person and field by field."""

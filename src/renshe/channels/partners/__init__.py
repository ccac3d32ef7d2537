"""The address at which partners bring packages and fetch them, as the way ``https`` has it on both sides."""

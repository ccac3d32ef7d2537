"""``/api/v1``: the services and selectors of the house for programs, nothing of its own."""

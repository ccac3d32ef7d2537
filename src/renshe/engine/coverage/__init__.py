"""Universal registration: everybody of the household register held against all schemes."""

"""The workbench: where a clerk spends the day. Pages over services that refuse by themselves."""

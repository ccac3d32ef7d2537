"""The command `renshe`."""

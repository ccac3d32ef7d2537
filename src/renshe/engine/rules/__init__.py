"""The rule catalogue, its language and the planner that runs it."""

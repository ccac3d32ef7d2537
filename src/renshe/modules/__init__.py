"""The business lines: each some models, rules, case types and selectors (docs/tutorial.md)."""

"""How business is done: a form, rules, documents, steps with different people, an effect."""

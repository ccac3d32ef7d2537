"""A partner to talk to: a program of its own that plays the province, the ministry, the police over what is declared.

It shares with the house how packages are made (``core.exchange.packages``) and how they travel (``ways``), and nothing
else: its books, its gate and its answers are its own, so that what both sides believe can be compared.
"""

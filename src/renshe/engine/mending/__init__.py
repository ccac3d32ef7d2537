"""Mending by hand: clerks fill in the lists of a round, their workbooks are read back as decisions.

Business rule: 白社保〔2021〕22号 asks that every problem be corrected, completed or verified by a named clerk on a
named ground, and that the record of it be kept. A county without a server does all of it in spreadsheets.

Invariant: a list changes nothing but the log of decisions; what does not fit is refused with its cell, never guessed.
"""

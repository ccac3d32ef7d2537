"""Merging: two records of one person in one system are planned as one, agreed on by clerks, and become decisions.

Business rule: 白社保〔2021〕22号 三（七）: local pairs before those across regions, by declared rules and conditions,
after the insured person was contacted.

Invariant: a plan changes nothing; only a workbook that comes back adds decisions to the log, and none that a condition
forbids.
"""

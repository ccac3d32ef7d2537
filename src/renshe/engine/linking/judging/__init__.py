"""How good links are, measured: two clerks judge a sample of pairs without knowing what the machine thought of them.

Business rule: a wrong merge costs someone their pension; so whoever relies on links must know how often they err, and
how often they miss. Two people judge each pair apart from each other, a third where they do not agree.

Invariant: an estimate is given with its interval, and never for what no sample can show: pairs that were not compared.
"""

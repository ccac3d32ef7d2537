"""Business that every agency has with itself: disputes, meetings, methods, faults, leaks, deletions.

All of it is declared as case types: there is no second way of asking, checking and deciding.
"""

"""What every tool of the comparison checks: bounds, lists and patterns, once, for all of them.

A row fails a check where the condition is false. Unknown is not wrong: a null passes every check but those named
``…_present``. A row whose key has a null repeats nothing, and a null reference points nowhere.

Invariant: this module needs nothing but Python, so that every tool's own environment can read it.
"""

from __future__ import annotations

from datetime import date

CONTRIBUTION_COLUMNS = (
    "source_row", "person_no", "insurance", "period", "kind", "base", "unit_due", "person_due", "unit_paid",
    "person_paid",
)  # fmt: skip
PERSON_COLUMNS = ("source_row", "person_no", "id_number", "name", "sex", "birth_date", "unit_no")

BASE_LOW, BASE_HIGH = 0, 20_000
FIRST_MONTH, LAST_MONTH = 199201, 202105
INSURANCES = ("110", "120", "170", "210", "310", "390", "410", "510")
KINDS = ("10", "11", "12", "13", "18", "21", "22", "23", "31", "9001", "9002", "9005")
# The kind whose rows may not repeat a month of a person and insurance.
NORMAL = "10"
MONTH_KEY = ("person_no", "insurance", "period")
SEXES = ("1", "2", "9")
BORN_FROM, BORN_TO = date(1900, 1, 1), date(2021, 5, 31)
NAME_FORM = "^[一-龥·]{2,20}$"

_LEAP_YEAR = "((18|19|20)(04|08|[2468][048]|[13579][26])|2000)"
_DAY = "((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|1[0-9]|2[0-8]))"
# Eighteen places with a date that the calendar knows (GB 11643); the check character is reckoned apart.
ID_FORM = f"^[1-9][0-9]{{5}}((18|19|20)[0-9]{{2}}{_DAY}|{_LEAP_YEAR}0229)[0-9]{{3}}[0-9X]$"
# A number is right where the places, X counting ten, weighted by these, leave 1 on division by 11 (ISO 7064).
ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1)

CONTRIBUTION_CHECKS = (
    "person_present", "base_range", "unit_paid_due", "person_paid_due", "period_range", "insurance_known", "kind_known",
    "unit_due_sign", "person_due_sign", "month_unique",
)  # fmt: skip
PERSON_CHECKS = (
    "id_number_valid", "name_present", "name_form", "sex_known", "birth_range", "person_unique", "unit_exists",
)  # fmt: skip
CHECKS = (*CONTRIBUTION_CHECKS, *PERSON_CHECKS)

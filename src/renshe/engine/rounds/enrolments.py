"""What an enrolment says of a person: insured, interrupted, ended, or not enrolled at all.

Source: AAC031 and AAC008 of GB/T 40217-2021. Whoever is enrolled without paying (retirees in 310) is insured; who
interrupted is enrolled all the same (暂停缴费); who ended is not.

Invariant: null where neither of the two fields says anything.
"""

from __future__ import annotations

INSURED, INTERRUPTED, ENDED, NONE = range(4)
STANDING_LABELS = ("参保", "暂停缴费", "终止参保", "未参保")


def standing_sql(alias: str) -> str:
    """Return SQL of the standing (0 to 3) of an enrolment row of the relation ``alias``; the smaller the better."""
    return (
        f"CASE coalesce({alias}.status, CASE {alias}.enrol_status WHEN '4' THEN '3' ELSE {alias}.enrol_status END)"
        f" WHEN '1' THEN {INSURED} WHEN '4' THEN {INSURED} WHEN '2' THEN {INTERRUPTED} WHEN '3' THEN {ENDED}"
        f" WHEN '0' THEN {NONE} END"
    )


def standing_label(value: str) -> str:
    """Return SQL of the Chinese name of a standing."""
    whens = " ".join(f"WHEN {at} THEN '{label}'" for at, label in enumerate(STANDING_LABELS))
    return f"CASE {value} {whens} END"

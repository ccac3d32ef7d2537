"""What ends an account by itself: the person died, the number went into another's, the unit is gone.

Rule (S4-29): what happened to whom an account is of happens to the account, in the same transaction.

Invariant: nobody comes in for who is dead or gone.
"""

from __future__ import annotations

import datetime as dt

from renshe.channels.portal.accounts import account_ended
from renshe.channels.portal.models import Account
from renshe.core.casework.events import subscribe
from renshe.core.casework.models import Case


@subscribe("person.died")
def person_died(case: Case, person_no: str, died_on: dt.date) -> None:
    """Close the account of who died."""
    _close("死亡登记", person_no=person_no)


@subscribe("person.merged")
def person_merged(case: Case, old_no: str, kept_no: str) -> None:
    """Close the account of the number that was merged: who is the holder is asked anew at the counter."""
    _close("个人编号并入", person_no=old_no)


@subscribe("unit.merged")
def unit_merged(case: Case, old_no: str, kept_no: str) -> None:
    """Close the accounts of the unit number that was merged."""
    _close("单位编号并入", unit_no=old_no)


@subscribe("unit.deleted")
def unit_deleted(case: Case, unit_no: str) -> None:
    """Close the accounts of a unit that is gone."""
    _close("单位删除", unit_no=unit_no)


def _close(why: str, **whose: str) -> None:
    for account in Account.objects.filter(closed_at=None, **whose):
        account_ended(account, why)

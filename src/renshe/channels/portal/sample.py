"""Accounts of the demo's people and units, opened at the counter of its county as any other.

Invariant: put in once, and only into the sample bureau, whose password everybody knows.
"""

from __future__ import annotations

from collections.abc import Sequence

from renshe.channels.portal.accounts import account_open
from renshe.channels.portal.models import Account, Kind
from renshe.channels.portal.sessions import applicant_of, first_sign_in
from renshe.core.casework.applying import case_apply
from renshe.core.org.actor import actor_of
from renshe.core.org.models import Agency
from renshe.core.org.sample import require_no_other, sample_agencies, sample_found
from renshe.modules.registry.models import Card, Person, Unit

_CLERK = "jb220822"
_MOST = 8


def portal_sample() -> list[str]:
    """Open accounts of two people with a card, one without, and of two units; return how each is told."""
    require_no_other()
    if not Account.objects.exists():
        carded = Card.objects.filter(event="issue").values("person")
        people = [*Person.objects.filter(pk__in=carded).order_by("pk")[:2], *Person.objects.order_by("-pk")[5:6]]
        for at, person in enumerate(people):
            _open(f"1384361000{at}", "居民身份证原件", person_no=person.pk)
        for at, unit in enumerate(Unit.objects.order_by("pk")[:2]):
            _open(
                f"1384361001{at}",
                "营业执照、授权委托书和居民身份证原件",
                unit_no=unit.pk,
                name=("周文博", "吴海棠")[at],
            )
        _apply()
    return [f"{one.number} {one.name}（{one.get_kind_display()}）" for one in accounts_offered()]


def accounts_offered() -> Sequence[Account]:
    """Return the sample bureau's accounts where it stands and nothing else does; else none."""
    ours = sample_agencies()
    if not Agency.objects.exists() or Agency.objects.exclude(number__in=ours).exists():
        return ()
    return list(Account.objects.filter(closed_at=None).order_by("pk")[:_MOST])


def _open(phone: str, ground: str, **whose: str) -> None:
    account, code = account_open(actor=actor_of(_CLERK), phone=phone, ground=ground, **whose)
    first_sign_in(login=account.number, code=code, password=sample_found().password, address="127.0.0.1")


def _apply() -> None:
    """Let one have applied already: it waits at the counter."""
    account = Account.objects.filter(kind=Kind.PERSON).order_by("pk")[0]
    form = {"address": "河西县柳树镇灯塔路 8 号", "ground": "搬家"}
    case_apply(applicant=applicant_of(account), type="registry.person_change", form=form, submit=True)

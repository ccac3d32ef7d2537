"""When something is due by an agreement, and whether it went, or came.

Rule (S3-31 定期数据同步, S3-5 定期上传; S3-36 明确交换的…周期): terms say every how often and on which day. On that day
what goes out is prepared by itself, and waits for whoever lets it go; the day after, what did not go or come is missed,
until it does.

Invariant: preparing by schedule happens once a cycle; nothing is let go by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from renshe.core.errors import BusinessError
from renshe.core.exchange.models import Agreement, Batch, Missed, Stage
from renshe.core.exchange.operating import QUERY
from renshe.core.exchange.packages.terms import Terms
from renshe.core.exchange.preparing import batch_made
from renshe.core.exchange.standing import Standing, agreement_standing
from renshe.core.journal.context import Context, declared
from renshe.core.org.actor import Actor
from renshe.core.org.scope import Scope

LOOK_BACK = 62
"""So many days back is looked for what was missed."""
UNREACHED = 3
"""So many tries without a receipt are told."""
_SYSTEM = Context(operator="system", reason="按协议周期交换")
_DAY = dt.timedelta(days=1)


def due_days(terms: Terms, first: dt.date, last: dt.date) -> list[dt.date]:
    """Return the days from ``first`` to ``last`` on which something is due."""
    days = (first + _DAY * at for at in range((last - first).days + 1))
    if terms.every == "demand":
        return []
    return [
        one
        for one in days
        if terms.every == "day"
        or (terms.every == "week" and one.isoweekday() == terms.day)
        or (terms.every == "month" and one.day == terms.day)
    ]


def schedule_keep(today: dt.date | None = None) -> tuple[int, int]:
    """Prepare what is due ``today`` and write down what was missed until yesterday; return how many of each."""
    day = today or timezone.localdate()
    prepared = missed = 0
    for number in Agreement.objects.filter(valid_until=None).values_list("number", flat=True):
        standing = agreement_standing(number)
        if standing.terms.every == "demand":
            continue
        prepared += _prepared(standing, day)
        missed += _missed(standing, day)
    return prepared, missed


def _prepared(standing: Standing, day: dt.date) -> bool:
    """Prepare what goes out today, unless somebody has already."""
    terms = standing.terms
    if terms.direction != "out" or terms.returns or day not in due_days(terms, day, day):
        return False
    if _batches(standing).filter(made_at__date__gte=_before(standing, day) + _DAY).exists():
        return False
    try:
        batch_made(standing, _SYSTEM)
    except BusinessError:
        # Nothing hands it out here, or a column of it: whoever looks finds it missed tomorrow.
        return False
    return True


def _missed(standing: Standing, day: dt.date) -> int:
    """Write down the days on which something was due and nothing happened, and what was made good since."""
    agreement, many = standing.agreement, 0
    since = max(_first(standing), day - _DAY * LOOK_BACK)
    with declared(_SYSTEM):
        for due in due_days(standing.terms, since, day - _DAY):
            if not _happened(standing, _before(standing, due) + _DAY, due):
                _, new = Missed.objects.get_or_create(
                    number=agreement.number, due_on=due, defaults={"agreement": agreement}
                )
                many += new
        for one in Missed.objects.filter(number=agreement.number, done_on=None).order_by("due_on"):
            if _happened(standing, one.due_on, day):
                one.done_on = day
                one.save(update_fields=["done_on"])
    return many


def _first(standing: Standing) -> dt.date:
    """Return since when the agreement counts, in whichever version."""
    rows = Agreement.objects.filter(number=standing.agreement.number).order_by("valid_from")
    return rows.values_list("valid_from", flat=True)[0]


def _before(standing: Standing, due: dt.date) -> dt.date:
    """Return the due day before ``due``, or the day before the agreement began."""
    earlier = due_days(standing.terms, due - _DAY * 31, due - _DAY)
    return max([*earlier[-1:], _first(standing) - _DAY])


def _batches(standing: Standing) -> QuerySet[Batch]:
    rows = Batch.objects.filter(
        agreement_number=standing.agreement.number, direction=standing.terms.direction, kind="batch"
    )
    return rows.exclude(stage__in=[Stage.WITHDRAWN, Stage.REFUSED])


def _happened(standing: Standing, first: dt.date, last: dt.date) -> bool:
    moment = "released_at" if standing.terms.direction == "out" else "sent_at"
    return _batches(standing).filter(**{f"{moment}__date__gte": first, f"{moment}__date__lte": last}).exists()


def missed(actor: Actor) -> QuerySet[Missed]:
    """Return the days that were missed, the latest first."""
    return Scope(actor, QUERY).filter(Missed.objects.select_related("agreement__partner")).order_by("-due_on", "pk")


def troubles(actor: Actor) -> Iterator[tuple[str, dt.date]]:
    """Yield what is late, in Chinese, and since when: cycles that were missed, answers that are overdue, batches that
    nobody receipts, and those that went back to who answers for them."""
    today, seen = timezone.localdate(), Scope(actor, QUERY)
    columns = ("number", "agreement__partner__name")
    nothing = seen.filter(Missed.objects.filter(done_on=None)).values_list(
        *columns, "due_on", Value("missed"), Value(0), Value("")
    )
    late = Q(answer_due__lt=today, stage=Stage.RECEIVED, answered_at=None)
    unreceipted = Q(stage__in=[Stage.RELEASED, Stage.SENT], tries__gte=UNREACHED)
    since = Case(When(stage=Stage.RECEIVED, then="answer_due"), default=TruncDate("released_at"))
    batches = seen.filter(Batch.objects.filter(late | unreceipted)).values_list(
        *columns, since, "stage", "tries", "reason"
    )
    # One question: the page asks many others.
    for number, partner, day, what, tries, reason in nothing.union(batches, all=True).order_by("due_on", "number"):
        if what == "missed":
            yield f"协议 {number}（{partner}）应在 {day} 交换，没有交换", day
        elif what == Stage.RECEIVED:
            yield f"批次 {number}：{partner}应在 {day} 前答复", day
        else:
            yield f"批次 {number} 已发送 {tries} 次，对方没有回执" + (f"（{reason}）" if reason else ""), day

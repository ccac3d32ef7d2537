"""What the two sides say of a person's enrolments.

Rule: where both systems run the same scheme, a person's best enrolment in it is compared: insured (paying or, as
retirees in 310, without), interrupted, ended, none. Where they have no scheme in common (pension and medical), an
employee whom one side insures through a unit and the other does not insure at all: who works for a unit is in all
schemes of employees (社会保险法 §10, §23, §33, §44), who pays alone need not be. The best enrolment is that of all
rows of the person; a scheme that a system does not run says nothing. Insured on both sides in schemes that exclude each
other (one pension insurance, one medical insurance: S0-26), a person has to be asked which is to stay.

Invariant: one difference per person and scheme, on the row that speaks; enrolments without a status are not judged.
"""

from __future__ import annotations

from renshe.engine.comparing.gathering import gather, labelled, row_key
from renshe.engine.comparing.sides import Bench, Side
from renshe.engine.rounds.enrolments import INSURED, standing_label, standing_sql
from renshe.engine.rules.compiling import quote

_EXCLUSIVE = ("('110', '120', '170')", "('310', '390')")
_OF_EMPLOYEES = "('110', '120', '210', '310', '410', '510')"


def compare_statuses(bench: Bench) -> None:
    """Gather the differences of enrolment status."""
    if any(side.system not in bench.found.systems("enrolment") for side in bench.sides):
        return
    for side in bench.sides:
        _standings(bench, side)
    if not all(bench.count(f"{side.at}_standing") for side in bench.sides):
        bench.notes.append("有一方没有可比的参保状态，未比对")
        return
    if all(side.business for side in bench.sides):
        _exclusive(bench)
    common = bench.connection.execute(
        "SELECT DISTINCT insurance FROM l_standing INTERSECT SELECT DISTINCT insurance FROM r_standing ORDER BY 1"
    ).fetchall()
    if common:
        _same_schemes(bench, [str(insurance) for (insurance,) in common])
    else:
        bench.notes.append("双方没有共同的险种，参保状态只比随单位参保的在职人员：一方参保而另一方没有参保")
        _any_scheme(bench)


def _standings(bench: Bench, side: Side) -> None:
    """Make known the best enrolment of every person ``g`` in each scheme of a side."""
    own = (
        f"SELECT m.g, t.insurance, {standing_sql('t')} AS standing, t.status, t.unit_no, t.start_month, t.place,"
        f" {row_key('enrolment')} AS key, t.source_file AS file, t.source_row AS row"
        f" FROM t_enrolment t JOIN {side.at}_member m ON m.no = t.person_no"
        f" WHERE t.system = {quote(side.system)} AND t.insurance IS NOT NULL"
    )
    bench.keep(
        f"{side.at}_standing",
        f"SELECT * EXCLUDE (start_month, place) FROM ({own}) WHERE standing IS NOT NULL QUALIFY row_number() OVER"
        " (PARTITION BY g, insurance ORDER BY standing, start_month DESC NULLS LAST, place) = 1",
    )


def _columns() -> str:
    return ", ".join(
        f"{at}.key AS {at}_key, {at}.file AS {at}_file, {at}.row AS {at}_row, {at}.status AS {at}_value,"
        f" coalesce({standing_label(f'{at}.standing')}, '没有参保记录') AS {at}_shown"
        for at in ("l", "r")
    )


def _exclusive(bench: Bench) -> None:
    groups = " OR ".join(f"(l.insurance IN {group} AND r.insurance IN {group})" for group in _EXCLUSIVE)
    gather(
        bench,
        "CMP-EXCLUSIVE",
        "enrolment",
        "status",
        f"SELECT n AS pair, {_both_schemes()} AS what, {_columns()} FROM l_standing l JOIN r_standing r USING (g)"
        f" JOIN {MAIN} m USING (g) WHERE l.standing = {INSURED} AND r.standing = {INSURED}"
        f" AND l.insurance <> r.insurance AND ({groups})"
        " QUALIFY row_number() OVER (PARTITION BY g ORDER BY l.insurance, r.insurance) = 1",
    )


def _both_schemes() -> str:
    return " || '/' || ".join(labelled("enrolment", "insurance", f"{at}.insurance") for at in ("l", "r"))


MAIN = "(SELECT g, min(n) AS n FROM same GROUP BY g)"
"""The pair by which a person of several records is shown."""


def _same_schemes(bench: Bench, common: list[str]) -> None:
    listed = ", ".join(map(quote, common))
    condition = "l.standing IS DISTINCT FROM r.standing"
    if bench.lost_in is not None:
        # What only one of them has was lost, or has been added since: rows are looked at one by one for that.
        condition = "l.standing <> r.standing"
    gather(
        bench,
        "CMP-STATUS",
        "enrolment",
        "status",
        f"SELECT n AS pair, {labelled('enrolment', 'insurance', 'insurance')} AS what, {_columns()}"
        f" FROM (SELECT * FROM l_standing WHERE insurance IN ({listed})) l"
        f" FULL JOIN (SELECT * FROM r_standing WHERE insurance IN ({listed})) r USING (g, insurance)"
        f" JOIN {MAIN} m USING (g) WHERE {condition}",
    )


def _any_scheme(bench: Bench) -> None:
    best = (
        f"(SELECT * FROM {{0}}_standing WHERE insurance IN {_OF_EMPLOYEES}"
        " QUALIFY row_number() OVER (PARTITION BY g ORDER BY standing, unit_no IS NULL, insurance) = 1)"
    )
    employed = " OR ".join(
        f"({one}.standing = {INSURED} AND {one}.unit_no IS NOT NULL AND {other}.standing <> {INSURED})"
        for one, other in (("l", "r"), ("r", "l"))
    )
    gather(
        bench,
        "CMP-STATUS",
        "enrolment",
        "status",
        f"SELECT p.n AS pair, {_both_schemes()} AS what, {_columns()}"
        f" FROM {best.format('l')} l JOIN {best.format('r')} r USING (g) JOIN {MAIN} m USING (g)"
        f" JOIN same p ON p.n = m.n WHERE ({employed})"
        " AND coalesce(p.l_retired, '0') <> '1' AND coalesce(p.r_retired, '0') <> '1'",
    )

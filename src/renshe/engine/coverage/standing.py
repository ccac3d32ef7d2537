"""What each householder is: insured here, insured elsewhere, not insured, dead, or unknown; each with its evidence.

Source: 人社厅发〔2015〕86号 (information of each is compared and classified), S3-9.

Rules, in this order:

- dead (dead): the police, 民政, 殡葬 or a business system of ours has a death; whom the police call living all the same
  is named in the evidence.
- insured here (here): any business system has an enrolment of any scheme that was not ended, residents' pension (170)
  and medical insurance (390) included, interrupted payment (暂停缴费) too; or a benefit in payment. Where a system says
  nothing of the state, an enrolment without an end counts; one that is over by its months, or begins later, does not,
  whatever its state (an interrupted one apart). Networked monitoring (``monitor``) is a copy: it speaks of
  a scheme only where no business system has the person in it.
- insured elsewhere (elsewhere): not here, but in what other provinces sent (systems ``province…``), by the same rules.
- unknown (unknown): the number tells nobody, and the link found no other record of the person; or somebody who is
  insured may be this person, as the link's review says: clerks have to find out first.
- not insured (not_insured): everybody else; who once was and ended is named in the evidence.

Invariant: everybody has exactly one status; ``since`` is the first month of the enrolments that count.
"""

from __future__ import annotations

from renshe.engine.coverage.households import ELSEWHERE, REGISTER, Register
from renshe.engine.report.labels import system_label
from renshe.engine.report.problems import case_sql, keep
from renshe.engine.rounds.enrolments import ENDED, INSURED, INTERRUPTED, NONE, standing_label, standing_sql
from renshe.engine.rules.compiling import quote
from renshe.standards.codes import code_list

STATUSES = {
    "here": "本地参保",
    "elsewhere": "外地参保",
    "not_insured": "未参保",
    "dead": "死亡",
    "unknown": "情况不明",
}
"""Every status, as people read it."""
COLUMNS = (
    *("system", "key", "name", "id_number", "id_valid", "sex", "birth_date", "ethnicity", "county", "township"),
    *("village", "address", "phone", "status", "schemes", "pension", "medical", "since", "elsewhere", "ended"),
    *("death_date", "death_source", "evidence", "records"),
)
"""The columns of ``persons.parquet``."""


_PLACED = "left(area, 6) NULLS LAST, left(area, 9) NULLS LAST, area NULLS LAST, p.p"


def classify(register: Register) -> None:
    """Make everybody's status known as ``classified``, in the order of areas; needs ``open_register``."""
    _know_words(register)
    _entries(register)
    _schemes(register)
    _maybe(register)
    status = (
        "CASE WHEN p.death_source IS NOT NULL THEN 'dead' WHEN len(s.schemes) > 0 THEN 'here'"
        " WHEN len(s.elsewhere) > 0 THEN 'elsewhere'"
        " WHEN m.told IS NOT NULL OR NOT t.sound AND NOT p.linked THEN 'unknown'"
        " ELSE 'not_insured' END"
    )
    evidence = (
        "concat_ws('；', CASE WHEN p.death_source IS NOT NULL THEN w.label || '登记死亡'"
        " || coalesce(' ' || p.death_date, '') END,"
        " CASE WHEN p.death_source IS NOT NULL AND p.said_alive THEN '公安登记健在' END, s.told,"
        " CASE WHEN s.told IS NULL AND p.death_source IS NULL THEN h.told || '有记录，没有参保信息' END, m.told,"
        " CASE WHEN NOT t.sound THEN '证件号码无效' END,"
        " CASE WHEN NOT p.linked AND m.told IS NULL THEN '没有关联到其他记录' END)"
    )
    places = ", ".join(
        f"CASE WHEN length(area) >= {digits} THEN left(area, {digits}) END AS {name}"
        for name, digits in (("county", 6), ("township", 9), ("village", 12))
    )
    none = "[]::VARCHAR[]"
    register.keep(
        "classified",
        f"SELECT row_number() OVER (ORDER BY {_PLACED}) AS rn, p.p, p.system, p.key, p.name, p.id_number,"
        f" t.sound AS id_valid, p.sex, p.birth_date, p.ethnicity, {places},"
        f" p.address, p.phone, {status} AS status, coalesce(s.schemes, {none}) AS schemes,"
        " coalesce(s.pension, FALSE) AS pension, coalesce(s.medical, FALSE) AS medical, s.since,"
        f" coalesce(s.elsewhere, {none}) AS elsewhere, coalesce(s.ended, {none}) AS ended, p.death_date,"
        f" p.death_source, {evidence} AS evidence, p.records FROM person p JOIN telling t USING (p)"
        " LEFT JOIN scheme s USING (p) LEFT JOIN maybe m USING (p) LEFT JOIN held h USING (p)"
        " LEFT JOIN word w ON w.kind = 'system' AND w.code = p.death_source"
        " ORDER BY rn",
    )


def _know_words(register: Register) -> None:
    """Make known what systems and schemes are called."""
    systems = {one["system"] for one in register.found.manifest["sources"]}
    words = [("system", system, system_label(system), "") for system in sorted(systems)]
    words += [
        ("insurance", code.value, code.label, code.attributes.get("category", ""))
        for code in code_list("insurance").values.values()
    ]
    keep(register.connection, "word", ("kind", "code", "label", "category"), words)


def _entries(register: Register, numbers: str = "number", name: str = "entry") -> None:
    """Make known, as ``name``, every enrolment and benefit of ``numbers``, here and elsewhere, of schemes known."""
    month = register.as_of.year * 100 + register.as_of.month
    over = f"coalesce(t.end_month < {month}, FALSE)"
    standing = (
        f"CASE WHEN t.start_month > {month} THEN {NONE}"
        f" WHEN {over} AND coalesce({standing_sql('t')}, {INSURED}) = {INSURED} THEN {ENDED}"
        f" ELSE coalesce({standing_sql('t')}, {INSURED}) END"
    )
    whose = (
        f"JOIN {numbers} n USING (system, person_no) JOIN source s USING (system)"
        f" JOIN word w ON w.kind = 'insurance' AND w.code = t.insurance"
        f" WHERE (s.business OR s.family = {quote(ELSEWHERE)})"
    )
    common = "n.p, t.insurance, w.category, t.system, t.person_no, s.copy, NOT s.business AS elsewhere"
    register.keep(
        name,
        f"SELECT {common}, {standing} AS standing, FALSE AS drawing,"
        f" coalesce(t.first_month, t.start_month) AS since FROM t_enrolment t {whose} UNION ALL"
        f" SELECT {common}, {INSURED}, TRUE, t.start_month FROM t_benefit t {whose}"
        f" AND coalesce(t.status, '1') = '1' AND NOT {over} AND coalesce(t.start_month <= {month}, TRUE)",
    )


def _maybe(register: Register) -> None:
    """Make known who may be insured (``maybe``), as the link's review says or a row with the same number, and which
    systems have whom (``held``).

    A record that is certainly another householder's, by its valid number and name, is nobody else's.
    """
    both = (("left", "right"), ("right", "left"))
    same_number = "person k JOIN telling USING (p) JOIN t_person t USING (id_number)"
    reviewed = " UNION ".join(
        f"SELECT m.p, r.system, r.person_no FROM links JOIN member m ON m.system = {one}_system AND m.key = {one}_key"
        f" JOIN record r ON r.system = {other}_system AND r.key = {other}_key"
        " WHERE decision = 'review' AND r.person_no IS NOT NULL"
        for one, other in both
    )
    settled = f"SELECT t.system, t.person_no FROM {same_number} WHERE sound AND t.name = k.name"
    # One number of a system may stand for two people: the link sees one row of it.
    register.keep(
        "reviewed",
        f"SELECT * FROM ({reviewed}) ANTI JOIN ({settled}) USING (system, person_no) UNION"
        f" SELECT k.p, t.system, t.person_no FROM {same_number}"
        " JOIN source s ON s.system = t.system AND s.business ANTI JOIN number n ON n.p = k.p"
        " AND n.system = t.system AND n.person_no = t.person_no WHERE sound AND t.person_no IS NOT NULL",
    )
    _entries(register, "reviewed", "reviewed_entry")
    label = "JOIN word w ON w.kind = 'system' AND w.code = system"
    register.keep(
        "maybe",
        "SELECT p, '可能是参保人（' || string_agg(DISTINCT w.label || ' ' || person_no, '、' ORDER BY w.label || ' '"
        f" || person_no) || '），待核实是否同一人' AS told FROM reviewed_entry {label}"
        f" WHERE standing <= {INTERRUPTED} GROUP BY p",
    )
    register.keep(
        "held",
        f"SELECT p, string_agg(DISTINCT w.label, '、' ORDER BY w.label) AS told FROM member {label}"
        f" WHERE family <> {quote(REGISTER)} GROUP BY p",
    )


def _schemes(register: Register) -> None:
    """Make known what everybody's schemes are: one row per householder of the lists of schemes, and the evidence."""
    # A copy is heard where the scheme's own systems say nothing.
    register.keep(
        "per_scheme",
        "SELECT p, insurance, any_value(category) AS category, elsewhere, min(standing) AS standing,"
        f" bool_or(drawing) AS drawing, min(since) FILTER (standing <= {INTERRUPTED}) AS since,"
        " arg_min(system, standing) AS system"
        " FROM (SELECT * FROM entry QUALIFY NOT copy OR bool_and(copy) OVER (PARTITION BY p, insurance, elsewhere))"
        " GROUP BY p, insurance, elsewhere",
    )
    counts = f"standing <= {INTERRUPTED}"
    told = (
        "w.label || ' ' || CASE WHEN drawing THEN '领取待遇' ELSE " + standing_label("standing") + " END"
        " || coalesce(' 自 ' || since, '') || '（' || v.label || '）'"
    )
    register.keep(
        "scheme",
        f"SELECT p, list(insurance ORDER BY insurance) FILTER ({counts} AND NOT elsewhere) AS schemes,"
        f" list(insurance ORDER BY insurance) FILTER ({counts} AND elsewhere) AS elsewhere,"
        f" list(insurance ORDER BY insurance) FILTER (standing = {ENDED} AND NOT elsewhere) AS ended,"
        f" bool_or({counts} AND s.category = 'pension') AS pension,"
        f" bool_or({counts} AND s.category = 'medical') AS medical, min(since) AS since,"
        f" string_agg({told}, '；' ORDER BY elsewhere, standing, insurance) AS told"
        " FROM per_scheme s JOIN word w ON w.kind = 'insurance' AND w.code = s.insurance"
        " JOIN word v ON v.kind = 'system' AND v.code = s.system GROUP BY p",
    )


def status_label(column: str) -> str:
    """Return SQL of the Chinese name of a status."""
    return f"CASE {column} {case_sql(STATUSES)} END"

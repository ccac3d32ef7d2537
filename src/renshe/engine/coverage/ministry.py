"""The list for the ministry's comparison: only after the province's own cleaning, and the order is enforced (S3-18).

Source: 人社厅发〔2015〕86号 三 (省内数据清理、比对 first; whoever is then found not insured is asked of the ministry's
query system for other provinces).

Rule: the list is refused while this round has problems that must be mended in the number or name of a record of those
on it, or of a record that may be theirs (the link's review): whoever is not found for a slip of the pen is not asked of
the ministry. A number that tells nobody cannot be asked for and is counted instead.

Invariant: the list holds whoever is not insured and has a number that tells, once; or it is not there.
"""

from __future__ import annotations

import csv

from renshe.engine.coverage.households import Register
from renshe.engine.project import ProjectError
from renshe.engine.rules.compiling import quote

FILE = "ministry.csv"
_HEADER = ("序号", "社会保障号码", "姓名", "性别", "出生日期", "县", "乡镇", "村")
_SHOWN = 5


def write_ministry(register: Register) -> dict[str, int]:
    """Write ``ministry.csv``; return how many are on it and how many cannot be.

    ProjectError where the order forbids it.
    """
    _refuse_unclean(register)
    rows = register.connection.execute(
        "SELECT id_number, name, sex, birth_date, county, township, village FROM classified"
        " WHERE status = 'not_insured' AND id_valid ORDER BY rn"
    )
    listed = 0
    with (register.target / FILE).open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_HEADER)
        while block := rows.fetchmany(10_000):
            writer.writerows((listed + at, *row) for at, row in enumerate(block, 1))
            listed += len(block)
    left = register.count("classified WHERE status = 'not_insured' AND NOT id_valid")
    return {"listed": listed, "without_number": left}


def _refuse_unclean(register: Register) -> None:
    """Raise ProjectError where a record of those on the list, or that may be theirs, must be mended first."""
    findings = quote(str(register.found.folder / "findings.parquet"))
    reviewed = " UNION ALL ".join(
        f"SELECT m.p, {other}_system AS system, {other}_key AS key FROM links JOIN member m"
        f" ON m.system = {one}_system AND m.key = {one}_key WHERE decision = 'review'"
        for one, other in (("left", "right"), ("right", "left"))
    )
    rows = register.connection.execute(
        "WITH asked AS (SELECT p FROM classified WHERE status = 'not_insured'),"
        " record_of AS (SELECT p, place FROM member UNION"
        f" SELECT x.p, r.place FROM ({reviewed}) x JOIN record r USING (system, key)),"
        " wrong AS (SELECT rule, system, source_file, source_row FROM"
        f" read_parquet({findings}) WHERE severity = 'must_fix' AND \"table\" = 'person'"
        " AND field IN ('id_number', 'name'))"
        " SELECT w.rule, count(DISTINCT o.p) FROM asked JOIN record_of o USING (p) JOIN t_person t USING (place)"
        " JOIN wrong w USING (system, source_file, source_row) GROUP BY w.rule ORDER BY 2 DESC, 1"
    ).fetchall()
    if rows:
        told = "、".join(f"{rule} {count:,} 人" for rule, count in rows[:_SHOWN])
        more = f" 等 {len(rows)} 种" if len(rows) > _SHOWN else ""
        found = register.found
        raise ProjectError(
            f"{found.folder}：未参保人员在业务系统的记录（含待判的）中，证件号码或姓名还有必改问题（{told}{more}）；"
            "部级比对之前先完成本省清理：在问题清单中改正，再依次运行 renshe clean、renshe link、"
            f"renshe coverage {found.store.project} --ministry"
        )

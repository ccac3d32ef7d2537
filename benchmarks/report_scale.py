"""How long and how large: from a finished round to report and workbooks.

Usage: ``python benchmarks/report_scale.py DIR [--persons N] [--findings N] [--contributions N]``. Makes an invented
round in DIR (once), builds its report and prints seconds, CPU seconds, peak memory and file sizes.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from renshe.engine.report import build_report

SERVICE, PENSION, UNEMPLOYMENT = "社会保险经办服务科", "企业职工养老保险管理科", "失业保险管理科"
GB = "GB/T 40217-2021 §4.2"


@dataclass(frozen=True)
class BenchRule:
    """A rule as the report sees it, with its share of the findings and the value that it shows."""

    id: str
    table: str
    field: str
    title: str
    severity: str
    class_: str
    dimensions: tuple[str, ...]
    source: str
    remedy: str
    department: str
    requires: tuple[str, ...]
    share: int
    value: str
    expected: str


def _rule(line: str) -> BenchRule:
    id_, table, field, title, severity, class_, dimension, remedy, department, requires, share, value, expected = [
        part.strip() for part in line.split(";")
    ]
    return BenchRule(
        id_, table, field, title, severity, class_, (dimension,), GB, remedy, department,
        tuple(requires.split()), int(share), value, expected,
    )  # fmt: skip


LINES = f"""
PER-ID-CHECK;person;id_number;公民身份号码校验位错误;must_fix;base_info;correctness;核对居民身份证原件后更正;{SERVICE};;60;'22080219800101'||lpad((n%10000)::varchar,4,'0');null
PER-ID-EMPTY;person;id_number;社会保障号码为空;must_fix;empty;completeness;联系参保人补采居民身份证;{SERVICE};;12;null;null
PER-SEX-ID;person;sex;性别与公民身份号码不符;must_fix;base_info;consistency;以居民身份证为准更正性别，留存证件复印件;{SERVICE};PER-ID-CHECK;80;'1';'2'
PER-BIRTH-ID;person;birth_date;出生日期与公民身份号码不符;must_fix;base_info;consistency;以居民身份证为准更正；档案年龄另行认定;{SERVICE};PER-ID-CHECK;70;'1980-01-02';'1980-01-01'
PER-NAME-TEST;person;name;疑似测试人员或虚构姓名;must_fix;junk;truth;核实后终止参保关系，不退费;{SERVICE};;3;'测试'||n;null
PER-NAME-POLICE;person;name;姓名与公安登记不一致;must_fix;base_info;accuracy;核对户籍信息后更正;{SERVICE};PER-ID-CHECK;30;'张小'||(n%9);'张晓'||(n%9)
PER-DUP-ID;person;id_number;一人多号：同一身份号码对应多个个人编号;must_fix;duplicate;uniqueness;按先本地后异地原则合并;{SERVICE};PER-ID-CHECK;40;'220802198001011234';null
PER-PHONE-EMPTY;person;phone;联系电话为空;optional;empty;completeness;办理业务时补采;{SERVICE};;200;null;null
PER-ACCOUNT-SHARED;person;bank_account;多名领取人共用一个银行账号;must_fix;logic;security;逐人核实账户归属;{PENSION};;5;'62284812345678'||lpad((n%9999)::varchar,4,'0');null
PER-DEAD-ACTIVE;person;death_date;民政登记已死亡，本系统仍为健在;must_fix;base_info;truth;核实死亡日期，停发并追回;{PENSION};PER-ID-CHECK;8;null;'2020-11-03'
PER-RETIRE-EARLY;person;retire_date;退休日期早于法定退休年龄;must_fix;logic;correctness;调阅退休审批表核实;{PENSION};PER-BIRTH-ID;6;'2015-03-01';'2018-03-01'
UNI-USCC;unit;uscc;统一社会信用代码校验错误;must_fix;base_info;correctness;以营业执照为准更正;{SERVICE};;4;'91220800MA0Y1234X'||(n%9);null
UNI-EMPTY;unit;name;参保状态正常的单位没有在保人员;optional;logic;timeliness;联系单位确认后办理减员或注销;{SERVICE};;2;'白城市某某商贸有限公司'||n;null
ENR-NO-END;enrolment;end_date;终止参保但终止日期为空;must_fix;empty;completeness;按业务档案补录终止日期;{SERVICE};;25;null;null
ENR-TERMINATED;enrolment;status;无业务经办记录而被终止的参保关系;must_fix;terminated;truth;核实后恢复，并做好冻结或封存标识;{SERVICE};;9;'3';'1'
ENR-OVERLAP;enrolment;start_month;同一险种参保关系时间重叠;must_fix;duplicate;uniqueness;合并重复参保关系;{SERVICE};;15;'201501';null
CON-BASE-LOW;contribution;base;缴费基数低于当年下限;must_fix;logic;accuracy;按当年下限重新核定;{PENSION};;90;'1800.00';'3126.20'
CON-DUE;contribution;person_due;个人应缴金额不等于基数乘以费率;must_fix;logic;accuracy;重新计算应缴金额;{PENSION};CON-BASE-LOW;70;'240.00';'250.10'
CON-DUP;contribution;period;同一月份重复缴费;must_fix;duplicate;uniqueness;核实到账后办理退费;{PENSION};;45;'201903';null
CON-NO-PERSON;contribution;person_no;缴费记录找不到对应人员;must_fix;missing;completeness;比照历史备份补录人员;{PENSION};;18;'3000000'||n;null
CON-AFTER-DEATH;contribution;period;死亡后仍有缴费记录;must_fix;logic;truth;核实后退费;{PENSION};PER-DEAD-ACTIVE;4;'202105';null
LED-SUM;unit_ledger;person_due;单位台账与人员缴费合计不符;must_fix;logic;consistency;确定期号后重汇台账;{PENSION};;10;'120000.00';'118560.30'
ACC-ROLL;account;closing;个人账户期末金额勾稽不平;must_fix;logic;accuracy;按年度重新滚存;{PENSION};;30;'10233.45';'10233.54'
BEN-UNPAID;benefit;status;待遇状态正常但已停发三个月以上;must_fix;logic;timeliness;核实生存状态后补发或暂停;{PENSION};;7;'1';null
PAY-AFTER-DEATH;benefit_payment;period;死亡次月起仍发放待遇;must_fix;logic;security;停发并追回;{PENSION};PER-DEAD-ACTIVE;5;'202102';null
UEM-BOTH;benefit;person_no;失业金与在职缴费同期;must_fix;logic;consistency;核实就业状态后追回;{UNEMPLOYMENT};;6;'10000'||n;null
"""
RULES = {rule.id: rule for rule in map(_rule, filter(None, LINES.strip().split("\n")))}

SYSTEM = "['pension', 'medical', 'unemployment'][1 + i % 3]"
PERSON = """
create table person as select (10000000 + i)::varchar person_no, '01' id_type,
    '22080219' || lpad((50 + i % 50)::varchar, 2, '0') || lpad((1 + i % 12)::varchar, 2, '0') || '15'
        || lpad((i % 10000)::varchar, 4, '0') id_number,
    substr('王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗', 1 + (i % 20)::int, 1)
        || substr('伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平', 1 + (i // 20 % 20)::int, 1) as name,
    '1' sex, (20000 + i % 5000)::varchar unit_no, {system} as system,
    system || '/ac01.csv' source_file, 2 + i // 3 source_row
from range({rows}) t(i)"""
UNIT = """
create table unit as select (20000 + i % 5000)::varchar unit_no,
    '白城市' || ['洮北区', '镇赉县', '大安市', '洮南市'][1 + i % 4]
        || ['兴农种业', '广源热力', '宏大建筑', '鹤城客运', '绿野食品'][1 + i % 5] || '有限责任公司' as name,
    '91220800MA0Y1234X' || (i % 9) uscc, {system} as system,
    system || '/ab01.xlsx' source_file, 4 + i // 3 source_row
from range({rows}) t(i)"""
OTHER = """
create table {name} as select (10000000 + i % {persons})::varchar person_no, (20000 + i % 5000)::varchar unit_no,
    i::varchar record_no, ['pension', 'medical', 'unemployment'][1 + i % {persons} % 3] as system,
    system || '/{name}.csv' source_file, 2 + i source_row
from range({rows}) t(i)"""
FINDING = """
create table finding (rule varchar, class varchar, severity varchar, "table" varchar, field varchar, system varchar,
    source_file varchar, source_row bigint, key varchar, value varchar, expected varchar, message varchar,
    related varchar, person_no varchar, unit_no varchar, region varchar, department varchar)"""
REJECTS = """
select 'pension/ac43.txt' source_file, 17 + i * 3 source_row,
    ['列数不符：应为 24 列，实为 23 列', '合计行', '无法按 GB18030 解码'][1 + i % 3] reason,
    '10000001|张三|220802198001011234|' || i as raw
from range(120) t(i)"""
CHANGES = """
select rule, "table", system, key, field, related, 3 round,
    case when i % 9 = 0 then 'reopened' when i % 4 = 0 then 'new' when i % 5 = 0 then 'fixed' else 'open' end state
from (select *, rowid i from finding)"""
ADMISSION = """
select '{kind}' kind, system, {kind}_no as key, i % {bad} <> 0 admissible,
    case when i % {bad} = 0 then ['{reason}'] else [] end reasons
from (select *, rowid i from {kind})"""
KEYS = {
    "person": "[r.person_no]",
    "unit": "[r.unit_no]",
    "contribution": "[r.record_no]",
    "enrolment": "[r.person_no, '110', r.unit_no, '201501']",
    "unit_ledger": "[r.unit_no, '110', '202001', '10', '202001']",
    "account": "[r.person_no, '110', '2019', '1']",
    "benefit": "[r.person_no, '110', '01', '201501']",
    "benefit_payment": "[r.record_no]",
}


def _findings(con: duckdb.DuckDBPyConnection, findings: int) -> dict[str, int]:
    """Spread about ``findings`` findings over the rules by their shares."""
    total = sum(rule.share for rule in RULES.values())
    con.execute(FINDING)
    for order, rule in enumerate(RULES.values()):
        rows = con.sql(f"select count(*) from {rule.table}").fetchall()[0][0]
        count = min(max(findings * rule.share // total, 3), rows)
        person = "null" if rule.table in ("unit", "unit_ledger") else "person_no"
        con.execute(f"""
            insert into finding
            select '{rule.id}', '{rule.class_}', '{rule.severity}', '{rule.table}', '{rule.field}', system,
                source_file, source_row, to_json({KEYS[rule.table]})::varchar, {rule.value}, {rule.expected},
                '{rule.title}', null, {person}, unit_no, '220802', '{rule.department}'
            from (select *, rowid n from {rule.table} where (rowid + {order}) % {max(rows // count, 1)} = 0
                limit {count}) r""")
    return dict(con.sql("select rule, count(*) from finding group by rule").fetchall())


def make_round(out: Path, persons: int, findings: int, contributions: int) -> None:
    """Write an invented round of this size into ``out``."""
    (out / "tables").mkdir(parents=True)
    con = duckdb.connect()
    con.execute(PERSON.format(rows=persons, system=SYSTEM))
    con.execute(UNIT.format(rows=15_000, system=SYSTEM))
    sizes = dict.fromkeys(("enrolment", "account", "benefit", "benefit_payment", "unit_ledger"), persons)
    for name, rows in {**sizes, "contribution": contributions}.items():
        con.execute(OTHER.format(name=name, persons=persons, rows=rows))
    tables = {}
    for name in KEYS:
        con.execute(f"copy {name} to '{out}/tables/{name}.parquet' (format parquet)")
        tables[name] = con.sql(f"select count(*) from {name}").fetchall()[0][0]
    counts = _findings(con, findings)
    persons_admitted = ADMISSION.format(kind="person", bad=7, reason="PER-ID-CHECK")
    units_admitted = ADMISSION.format(kind="unit", bad=9, reason="UNI-USCC")
    for name, sql in {
        "findings": "from finding",
        "rejects": REJECTS,
        "changes": CHANGES,
        "admission": f"{persons_admitted} union all {units_admitted}",
    }.items():
        con.execute(f"copy ({sql}) to '{out}/{name}.parquet' (format parquet)")
    (out / "manifest.json").write_text(json.dumps(_manifest(tables, counts, persons), ensure_ascii=False))


def _manifest(tables: dict[str, int], counts: dict[str, int], persons: int) -> dict[str, object]:
    dimensions = "truth accuracy completeness correctness consistency uniqueness uniformity timeliness security".split()
    scores = {name: 99.2 - order * 2.37 for order, name in enumerate(dimensions)}
    worse = {name: value - 6.5 for name, value in scores.items()}
    return {
        "name": "白城市企业职工养老保险数据整理",
        "round": 3,
        "as_of": "2021-05-31",
        "region": "220800",
        "rules_version": "2021.06-a41f09c2",
        "decisions": {"number": 1280, "digest": "9c" * 32},
        "sources": [
            {"system": system, "table": table, "file": f"{system}/{table}.csv", "sha256": "ab12" * 16,
             "rows_read": tables[table] // 3 + 40, "rows_loaded": tables[table] // 3, "rows_rejected": 40,
             "layout": {"format": "txt", "encoding": "gb18030", "delimiter": ",", "sheet": None, "header_row": 1,
                        "notes": []}}
            for system in ("pension", "medical", "unemployment") for table in ("person", "unit", "contribution")
        ],
        "tables": tables,
        "findings": counts,
        "not_run": {"PER-NAME-CIVIL": 120000, "CON-BASE-HIGH": 31200},
        "not_run_of": {"PER-NAME-CIVIL": 120000, "CON-BASE-HIGH": 240000},
        "notes": {"PER-NAME-CIVIL": "项目中没有系统 civil 的表 person", "CON-BASE-HIGH": "缺少参数 base_ceiling"},
        "scores": {
            "overall": scores,
            "by_system": {"pension": scores, "medical": worse, "unemployment": scores},
            "by_department": {SERVICE: worse, PENSION: scores, UNEMPLOYMENT: scores},
            "by_region": {"220802": scores, "220821": worse, "220881": scores, "220882": worse},
        },
        "admission": {
            "person": {"total": persons, "admissible": persons - persons // 7},
            "unit": {"total": 15000, "admissible": 13333},
        },
        "unmatched_columns": [
            {"source": "pension/ac01.csv", "column": "备注2", "examples": ["已核", "李小芳", "220802198001011234"],
             "rows": 5210}
        ],
        "unmapped_codes": [{"source": "medical/ac01.csv", "field": "sex", "label": "性别", "value": "未说明",
                            "count": 312}],
        "controls": [
            {"table": "enrolment", "where": "insurance = '110' and status = '1'", "expected": 412345, "actual": 412345},
            {"table": "benefit", "where": "insurance = '110'", "expected": 98001, "actual": 97988},
        ],
    }  # fmt: skip


def main() -> None:
    """Make the round where it is absent, build its report, print the measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dir", type=Path)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--contributions", type=int, default=24_000_000)
    given = parser.parse_args()
    if not given.dir.exists():
        make_round(given.dir, given.persons, given.findings, given.contributions)
        print("round made; run again to measure")
        return
    wall, cpu = time.perf_counter(), time.process_time()
    steps: list[tuple[str, float]] = []

    def progress(step: str, done: int, total: int) -> None:
        if not steps or steps[-1][0] != step:
            steps.append((step, time.process_time()))

    files = build_report(given.dir, RULES, progress=progress)
    end = time.process_time()
    for (step, start), stop in zip(steps, [start for _, start in steps[1:]] + [end], strict=True):
        print(f"{stop - start:8.2f} CPU-s  {step}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{time.perf_counter() - wall:.1f} s, {end - cpu:.1f} CPU-s, peak {peak:.0f} MB")
    for path in (files.html, files.workbook, *files.departments):
        print(f"{path.stat().st_size / 1e6:9.1f} MB  {path.name}")


if __name__ == "__main__":
    main()

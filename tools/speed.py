"""Fill the READMEs' section on speed from ``benchmarks/results``: a figure that nobody measured cannot stand there.

.venv/bin/python tools/speed.py        # after make bench
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results"
READMES = {"README.md": "en", "README.zh.md": "zh"}
SECTION = re.compile(r"(<!-- speed: written by tools/speed\.py -->\n).*?(<!-- /speed -->)", re.DOTALL)

# Per result: what was done and what it took, in both languages, over the fields of the result.
ROWS: dict[str, dict[str, str]] = {
    "clean_scale": {
        "en": "{persons:,} persons, {rows:,} rows ({contributions:,} contributions), {input_mb:,} MB of files,"
        " {findings:,} findings: from files to report and workbooks"
        " | {clean[wall_seconds]:.0f} s ({clean[cpu_seconds]:.0f} CPU-s), {clean[peak_mb]:,} MB of memory;"
        " the next round, with {decisions[number]:,} decisions, {second[wall_seconds]:.0f} s",
        "zh": "{persons:,} 人、{rows:,} 行（缴费 {contributions:,} 笔）、{input_mb:,} MB 文件、{findings:,} 个问题："
        "从读文件到报告和工作簿"
        " | {clean[wall_seconds]:.0f} 秒（处理器 {clean[cpu_seconds]:.0f} 秒），内存 {clean[peak_mb]:,} MB；"
        "处理 {decisions[number]:,} 条决定后的下一轮 {second[wall_seconds]:.0f} 秒",
    },
    "scaling": {
        "en": "ten times the data ({persons[0]:,} and {persons[1]:,} persons) | {cpu_ratio} times the CPU",
        "zh": "十倍数据（{persons[0]:,} 人与 {persons[1]:,} 人） | 处理器时间 {cpu_ratio} 倍",
    },
    "peers": {
        "en": "seventeen checks on {rows:,} rows, CPU-s and MB"
        " | renshe, which writes findings, {tools[renshe][work_cpu]} and {tools[renshe][peak_mb]:,};"
        " Polars {tools[polars][work_cpu]} and {tools[polars][peak_mb]:,};"
        " cuallee {tools[cuallee][work_cpu]} and {tools[cuallee][peak_mb]:,};"
        " pandera {tools[pandera][work_cpu]} and {tools[pandera][peak_mb]:,};"
        " Great Expectations {tools[great_expectations][work_cpu]} and {tools[great_expectations][peak_mb]:,};"
        " Spark {tools[spark][work_cpu]} and {tools[spark][peak_mb]:,}",
        "zh": "{rows:,} 行上的 17 项检查，处理器秒和 MB"
        " | renshe（写出问题清单）{tools[renshe][work_cpu]}、{tools[renshe][peak_mb]:,}；"
        "Polars {tools[polars][work_cpu]}、{tools[polars][peak_mb]:,}；"
        "cuallee {tools[cuallee][work_cpu]}、{tools[cuallee][peak_mb]:,}；"
        "pandera {tools[pandera][work_cpu]}、{tools[pandera][peak_mb]:,}；"
        "Great Expectations {tools[great_expectations][work_cpu]}、{tools[great_expectations][peak_mb]:,}；"
        "Spark {tools[spark][work_cpu]}、{tools[spark][peak_mb]:,}",
    },
    "rule_cost": {
        "en": "{tables[contribution][rules]} rules over {tables[contribution][rows]:,} contributions, facts included"
        " | {tables[contribution][rules_cpu]:.0f} CPU-s, {tables[contribution][ratio]:.0f} times a mere scan of the"
        " columns they read; {tables[person][rules]} person rules {tables[person][ratio]:.0f} times",
        "zh": "{tables[contribution][rows]:,} 笔缴费上的全部 {tables[contribution][rules]} 条规则（含派生事实）"
        " | 处理器 {tables[contribution][rules_cpu]:.0f} 秒，为单纯扫描所读列的 {tables[contribution][ratio]:.0f} 倍；"
        "人员 {tables[person][rules]} 条规则为 {tables[person][ratio]:.0f} 倍",
    },
    "linking_speed": {
        "en": "`renshe link` on {records[1]:,} records of people in two systems, a fifth of them damaged, report and"
        " lists included | {renshe[large][wall_seconds]:.0f} s ({renshe[large][cpu_seconds]:.1f} CPU-s),"
        " {renshe[large][peak_mb]:,} MB; ten times the records take {found[cpu_ratio]} times the CPU; Splink with stock"
        " comparisons and training on ten million pairs: {splink[stock][cpu_seconds]:.0f} CPU-s, on five million"
        " {splink[half_the_pairs][cpu_seconds]:.0f}",
        "zh": "`renshe link`：两个系统共 {records[1]:,} 条人员记录（五分之一有损坏），含报告和清单"
        " | {renshe[large][wall_seconds]:.0f} 秒（处理器 {renshe[large][cpu_seconds]:.1f} 秒），内存"
        " {renshe[large][peak_mb]:,} MB；十倍记录用处理器时间 {found[cpu_ratio]} 倍；Splink 用通用比较并以一千万对"
        "训练：处理器 {splink[stock][cpu_seconds]:.0f} 秒，五百万对 {splink[half_the_pairs][cpu_seconds]:.0f} 秒",
    },
    "linking_judging": {
        "en": "judging sets of {persons:,} persons each by other makers, in the kinds of damage that are promised"
        " | a tenth damaged: precision {tenth[precision]:.4f} and F1 {tenth[f1]:.4f} at the worst of {tenth[sets]},"
        " a third: {third[precision]:.4f} and {third[f1]:.4f}; what waits for a clerk counts as not linked",
        "zh": "他人制作的评判集（每套 {persons:,} 人），损坏种类为承诺范围内"
        " | 一成损坏：{tenth[sets]} 套中最差精确率 {tenth[precision]:.4f}、F1 {tenth[f1]:.4f}；三成三损坏：最差"
        " {third[precision]:.4f}、{third[f1]:.4f}；待核实的算作未关联",
    },
    "linking_febrl": {
        "en": "FEBRL 3 and 4 by one configuration, after `--train` | F1 {sets[febrl_3][trained][links][f1]:.4f} and"
        " {sets[febrl_4][trained][links][f1]:.4f}",
        "zh": "FEBRL 3 与 4，同一配置，训练后 | F1 {sets[febrl_3][trained][links][f1]:.4f} 与"
        " {sets[febrl_4][trained][links][f1]:.4f}",
    },
    "case_cost": {
        "en": "a case through the API, entered, checked and approved with its effect, PostgreSQL included"
        " | {cpu_ms} ms of CPU in all; a person entered, judged by the rules, checked, registered:"
        " {registering_cpu_ms} ms",
        "zh": "一笔业务经接口录入、复核、审批并生效，含数据库 | 处理器共 {cpu_ms} 毫秒；"
        "登记一人（录入、按规则检查、复核、入库）{registering_cpu_ms} 毫秒",
    },
    "case_load": {
        "en": "{clients} clients on this machine deciding at random for {seconds} s, two web processes"
        " | {workers[pair][decisions_per_second]} decisions and {workers[pair][requests_per_second]} requests a second,"
        " half answered in {workers[pair][p50_ms]} ms, 95 in 100 in {workers[pair][p95_ms]:,} ms;"
        " {workers[pair][cpu_ms_per_decision]} ms of CPU a decision; {lost} lost, {doubled} made twice, the journal"
        " whole",
        "zh": "本机 {clients} 个客户端随机办理 {seconds} 秒，两个服务进程"
        " | 每秒 {workers[pair][decisions_per_second]} 个意见、{workers[pair][requests_per_second]} 次请求，半数在"
        " {workers[pair][p50_ms]} 毫秒内、95% 在 {workers[pair][p95_ms]:,} 毫秒内答复；每个意见处理器"
        " {workers[pair][cpu_ms_per_decision]} 毫秒；丢失 {lost}，重复 {doubled}，日志完整",
    },
    "page_cost": {
        "en": "a case in the workbench with its {pages_of_a_case} pages, then its printed document"
        " | {cpu_ms} ms of CPU, {document_cpu_ms} ms more",
        "zh": "一笔业务在工作台中办完，连同 {pages_of_a_case} 个页面，再打印文书"
        " | 处理器 {cpu_ms} 毫秒，另加 {document_cpu_ms} 毫秒",
    },
    "page_load": {
        "en": "{clerks} people in the workbench for {seconds} s, 5 to 15 s of thought between clicks, one web process"
        " and two | {workers[alone][requests_per_second]} and {workers[pair][requests_per_second]} requests a second,"
        " 95 in 100 in {workers[alone][p95_ms]:,.0f} and {workers[pair][p95_ms]:,.0f} ms,"
        " {workers[alone][cpu_ms_per_request]} and {workers[pair][cpu_ms_per_request]} ms of CPU a request;"
        " {errors} errors, {lost} decisions lost, {doubled} made twice",
        "zh": "{clerks} 人在工作台办公 {seconds} 秒，两次点击间思考 5 至 15 秒，一个和两个服务进程"
        " | 每秒 {workers[alone][requests_per_second]} 与 {workers[pair][requests_per_second]} 次请求，95% 在"
        " {workers[alone][p95_ms]:,.0f} 与 {workers[pair][p95_ms]:,.0f} 毫秒内答复，每次处理器"
        " {workers[alone][cpu_ms_per_request]} 与 {workers[pair][cpu_ms_per_request]} 毫秒；错误 {errors}，"
        "丢失 {lost}，重复 {doubled}",
    },
    "registry_list": {
        "en": "a list over {people:,} people by region and beginning of a name, from a village to the province"
        " | 95 in 100 in {p95_ms} ms at most",
        "zh": "{people:,} 人的名单按地区和姓名开头筛选，从村到省 | 95% 最多 {p95_ms} 毫秒",
    },
    "journal": {
        "en": "journalled COPY, narrow and wide (16 columns) rows; {entries:,} entries sealed and verified"
        " | {copy[narrow][rows_per_second]:,} and {copy[wide][rows_per_second]:,} rows a second;"
        " {seal_seconds} s and {verify_seconds} s",
        "zh": "留痕的 COPY，窄行与宽行（16 列）；{entries:,} 条日志封存与校验"
        " | 每秒 {copy[narrow][rows_per_second]:,} 行与 {copy[wide][rows_per_second]:,} 行；"
        "{seal_seconds} 秒与 {verify_seconds} 秒",
    },
    "big_csv": {
        "en": "one CSV of {megabytes:,} MB, {lines:,} lines, {rejected:,} of them damaged and rejected"
        " | {clean[wall_seconds]:.0f} s, {clean[peak_mb]:,} MB of memory",
        "zh": "一个 {megabytes:,} MB 的 CSV、{lines:,} 行，其中 {rejected:,} 行损坏被拒收"
        " | {clean[wall_seconds]:.0f} 秒，内存 {clean[peak_mb]:,} MB",
    },
    "faults": {
        "en": "{runs} runs, {killed} of them killed by `kill -9` at a random moment"
        " | {half_rounds} half rounds; the next run succeeds with the same digests",
        "zh": "{runs} 次运行，{killed} 次在随机时刻被 `kill -9` | 半轮 {half_rounds} 个；再次运行成功，摘要值相同",
    },
    "text_reader": {
        "en": "reading GB18030 CSV of {columns} columns, one core"
        " | {gb18030[mb_per_cpu_second]} MB/s;"
        " one line in 1,000 damaged: {gb18030_damaged_1_in_1000[mb_per_cpu_second]} MB/s;"
        " Python's csv module: {python_csv[mb_per_cpu_second]} MB/s",
        "zh": "读取 {columns} 列的 GB18030 CSV，单核"
        " | {gb18030[mb_per_cpu_second]} MB/秒；每千行损坏一行时 {gb18030_damaged_1_in_1000[mb_per_cpu_second]} MB/秒；"
        "Python 自带的 csv 模块 {python_csv[mb_per_cpu_second]} MB/秒",
    },
}
MACHINE = {
    "en": "On {cores} cores, {memory_gb:.0f} GB, {system}, Python {python}, DuckDB {duckdb}, {date};"
    " `make bench` measures yours.",
    "zh": "{date} 测于 {cores} 核、{memory_gb:.0f} GB、{system}、Python {python}、DuckDB {duckdb}；"
    "`make bench` 测量您自己的机器。",
}
HEAD = {"en": "| what | took |", "zh": "| 内容 | 用时 |"}


def judged(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the blind examination with the worst of the promised sets, by share of damage."""
    worst = {}
    for name, damaged in (("tenth", 0.1), ("third", 0.33)):
        sets = [
            one for one in figures["sets"] if one["maker"] in figures["bars"]["promised"] and one["damaged"] == damaged
        ]
        worst[name] = {"sets": len(sets), **{of: min(one["links"][of] for one in sets) for of in ("precision", "f1")}}
    return {**figures, **worst}


# What is worked out of a result before it is told.
TOLD: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"linking_judging": judged}


def section(language: str) -> str:
    """Return the section in ``language``: one row per result that is there."""
    found: dict[str, dict[str, Any]] = {
        name: TOLD.get(name, dict)(json.loads((RESULTS / f"{name}.json").read_text("utf-8")))
        for name in ROWS
        if (RESULTS / f"{name}.json").is_file()
    }
    lines = [f"| {ROWS[name][language].format(**figures)} |" for name, figures in found.items()]
    dates: dict[str, set[str]] = {}
    for figures in found.values():
        said = MACHINE[language].format(**{**figures["machine"], "date": "{date}"})
        dates.setdefault(said, set()).add(figures["machine"]["date"])
    machines = [said.format(date=", ".join(sorted(days))) for said, days in sorted(dates.items())]
    return "\n".join(["  \n".join(machines), "", HEAD[language], "|---|---|", *lines]) + "\n"


def filled(name: str) -> str:
    """Return the text of README ``name`` with its section as the results say now."""
    text = (ROOT / name).read_text("utf-8")
    return SECTION.sub(lambda match: f"{match[1]}{section(READMES[name])}{match[2]}", text)


def main() -> None:
    """Fill both READMEs."""
    for name in READMES:
        (ROOT / name).write_text(filled(name), "utf-8")


if __name__ == "__main__":
    main()

"""What the command says of itself, in Chinese and in English by locale."""

from __future__ import annotations

import os

_TEXTS = {
    "app": (
        "人社开放信息系统：整理各系统的数据，办理业务，每次修改都有依据、有复核、有痕迹",
        "Put the data of many systems in order, and handle cases: each change has a ground, two people and a trace",
    ),
    "found": (
        "建立自己的机构：按填好的建局表设立地区、机构、岗位、人员和第一批权限",
        "Begin a bureau of your own: regions, agencies, posts, people and first rights from a filled-in workbook",
    ),
    "found_workbook": ("建局表（xlsx）", "The workbook"),
    "found_template": ("先取一份空白的建局表", "Write a blank workbook first"),
    "clean": ("对项目做一轮检查", "Run one cleaning round of a project"),
    "link": ("关联各系统中的同一人、同一单位", "Find the same person and unit across systems"),
    "link_sample": ("抽出这么多对，由两人各自判定，以测量关联质量", "Draw so many pairs for two clerks to judge"),
    "link_answers": (
        "填好的待核实清单或抽样判定表，可以写几次",
        "Filled-in review queue or judged sample; may be given several times",
    ),
    "link_train": (
        "先用本项目的数据重新估计各项比对的权重，存入项目的 linking 文件夹，以后各次关联都用它",
        "First estimate the weights anew on this project's data; later runs use them",
    ),
    "decide": ("把填好的问题清单、合并方案读回为决定", "Read filled-in lists and merge plans back as decisions"),
    "decide_workbooks": ("填好的工作簿（xlsx 或 ods），可以有多个", "Filled-in workbooks (xlsx or ods)"),
    "merge_plan": (
        "生成重复人员的合并方案：先本地后异地，逐对列出取值、缴费去向和须先处理的条件",
        "Plan the merges of duplicate persons of the newest round",
    ),
    "merge_plan_pairs": (
        "另行指定的编号名单（csv、xlsx 等），列为：系统、被并编号、保留编号",
        "A list of further pairs with the columns system, old, new",
    ),
    "revoke": ("撤销决定", "Revoke decisions"),
    "revoke_ids": ("决定的编号", "Ids of decisions"),
    "revoke_batch": ("撤销整个批次", "Revoke all of a batch"),
    "revoke_by": ("经办人", "Who revokes"),
    "revoke_ground": ("撤销的依据", "On what ground"),
    "decisions": ("查询决定及其结果", "Search the log of decisions"),
    "decisions_person": ("个人编号或证件号码", "Person number or identity number"),
    "decisions_unit": ("单位编号", "Unit number"),
    "decisions_field": ("字段：英文名或中文名", "Field: name or Chinese label"),
    "decisions_by": ("经办人或复核人", "Who entered or checked"),
    "decisions_from": ("登记日期从（如 2021-05-31）", "Entered on or after (as 2021-05-31)"),
    "decisions_to": ("登记日期到", "Entered on or before"),
    "decisions_state": ("状态：applied、unfit、noted、revoked、waiting", "State in the newest round"),
    "compare": (
        "比对两个系统：谁在一方而不在另一方，同一人有哪些不一致",
        "Compare two systems: who is only in one, and what they say differently of the same person",
    ),
    "compare_what": (
        "[项目文件夹] 系统甲 系统乙；在项目文件夹中运行时可不写文件夹",
        "[PROJECT] A B: two systems; PROJECT may be left out inside its folder",
    ),
    "compare_by": (
        "配对方式：link 按关联结果，number 按个人编号；不写则自动选择并说明",
        "How persons are paired: link or number; found out when absent",
    ),
    "coverage": (
        "全民参保登记：户籍人员参保、外地参保、未参保、死亡、情况不明，按县、乡镇、村",
        "Universal registration: who of the households is insured, elsewhere, not, dead or unknown, per village",
    ),
    "coverage_ministry": (
        "另出部级比对名单（未参保人员）；须先清理并关联",
        "Also write the list of the not insured for the ministry's comparison; needs clean data and a link",
    ),
    "project": ("项目文件夹（内有 project.toml）", "Project folder (with project.toml)"),
    "backend": ("计算引擎", "Engine"),
    "json": ("输出 JSON", "Print JSON"),
    "inspect": (
        "查看一个文件：编码、表头、类型、填写率，并给出对应关系建议",
        "Look into a file and propose its mapping",
    ),
    "file": ("数据文件", "Data file"),
    "inspect_table": ("标准表名；不写则自动判断", "Standard table; found out when absent"),
    "sheet": ("工作表名", "Sheet name"),
    "encoding": ("文件编码；不写则自动判断", "Encoding; found out when absent"),
    "template": (
        "生成采集模板（Excel），或检查填好的模板",
        "Write a collection template (Excel), or check one that was filled in",
    ),
    "template_table": ("标准表名，如 person 或 人员", "Standard table"),
    "template_out": ("写到哪个 xlsx 文件；不写则为当前文件夹的“表名采集模板.xlsx”", "The .xlsx file to write"),
    "template_rows": ("装入该项目最近一轮的数据，用于补采", "Fill it with the rows of this project's newest round"),
    "template_system": ("取哪个业务系统的行", "Which system's rows"),
    "template_ordered": ("行的顺序不得更改，交回时检查", "The order of the rows may not change"),
    "template_check": ("检查填好的模板，生成装载报告", "Check a filled-in template and write its load report"),
    "simulate": ("生成一个带有已知错误的模拟项目", "Write a simulated project with known errors"),
    "target": ("目标文件夹", "Target folder"),
    "persons": ("人数", "Number of persons"),
    "seed": ("随机种子", "Random seed"),
    "dirty": ("错误比例", "Share of errors"),
    "demo": (
        "用模拟数据演示一遍：生成、检查、关联、比对、出报告，并建立一个示范局",
        "Show it all on simulated data, and set up a sample bureau",
    ),
    "demo_code": ("只显示示范局当前的动态口令", "Only show the sample bureau's present sign-in code"),
    "version": ("显示版本", "Show the version"),
    "migrate": ("把数据库升级到本程序的结构", "Bring the database to this program's shape"),
    "serve": ("启动数据库、后台任务和网页服务，直到停止", "Run database, background work and web until stopped"),
    "serve_host": ("监听地址", "Address to listen at"),
    "serve_port": ("端口", "Port"),
    "serve_workers": ("网页服务的进程数", "Processes that serve the web"),
    "worker": ("只运行后台任务", "Do background work only"),
    "check": ("检查运行环境：权限、密钥、数据库、磁盘、时钟", "Check rights, keys, database, disk and clock"),
    "check_deploy": ("按正式运行的要求检查", "Check what regular operation asks for"),
    "backup": ("备份数据库、材料和密钥，成为一个文件", "Save database, papers and keys in one file"),
    "backup_to": ("备份到哪个文件夹；不写则为数据文件夹下的 backups", "Folder; backups in the home when absent"),
    "restore": ("把备份恢复到空的数据文件夹", "Bring a backup back into an empty home"),
    "archive": ("备份文件", "Archive of a backup"),
    "verify_backup": ("试恢复一份备份并核对，然后删除试恢复的数据", "Restore a backup aside, compare, and drop it"),
    "rules": ("规则目录", "The rule catalogue"),
    "rules_project": ("同时载入该项目的规则包", "Load the rule packs of this project too"),
    "rules_test": ("运行每条规则自带的示例", "Run every rule's own examples"),
    "rules_diff": ("比较两个规则包", "Compare two rule packs"),
    "rules_old": ("旧规则包文件夹", "Old pack"),
    "rules_new": ("新规则包文件夹", "New pack"),
    "catalogue": (
        "列出数据目录：数据集、归口科室、字段、风险级别和可用岗位",
        "List the data sets: owner, fields, risk, and who may use them",
    ),
    "catalogue_mapping": (
        "列出该项目各系统的原指标与标准数据项的对照，以及没有对应的原指标",
        "Show the old indicators of this project's systems beside the standard fields, and those without one",
    ),
    "journal": ("修改日志：封存、核验", "The journal of changes: seal and verify"),
    "journal_seal": ("封存日志，并把封条写到另一处", "Seal the journal and tell its chain elsewhere"),
    "journal_full": ("只封满一万条的块", "Only blocks that are full"),
    "journal_verify": (
        "核验日志是否完整，列出被改、缺失和插入的记录；不完整时退出码为 3",
        "Check that the journal is whole; exit 3 where it is not",
    ),
    "journal_rows": ("也核对业务表的每一行是否与日志所记一致", "Also whether each business row is as the journal says"),
    "journal_told_restored": (
        "恢复备份时另一存放处不在的，事后由人把恢复的记录补写过去",
        "Pass the restoration of a backup on to a place that was away then",
    ),
    "exchange": ("数据交换：交给对方的名片和公钥", "Exchange: what we hand to partners"),
    "exchange_card": (
        "写出交给一个交换对方的名片：本方公钥和双方的协议",
        "Print our card for a partner: our public keys, and what was agreed on",
    ),
    "exchange_partner": ("交换对方的代码", "The partner's code"),
    "exchange_ssh": ("写出本方 SFTP 公钥，交对方登记", "Print the public half of our key for SFTP"),
    "peer": (
        "演示和联调用的交换对方：扮演省厅、部级系统和其他部门",
        "A partner to talk to: plays the province, the ministry and others",
    ),
    "peer_begin": ("建立一个交换对方，生成它的密钥", "Make a peer with keys of its own"),
    "peer_meet": ("登记我方的名片（renshe exchange card）", "Take in the other side's card"),
    "peer_send": ("由它发送一批数据（CSV）", "Put a batch of its own on its way"),
    "peer_run": ("收发数据包，直到停止；behaviour.yaml 写明它怎样应对", "Move packages until told to stop"),
    "peer_books": ("列出它的账：每个数据包和记录的状态", "Print its books"),
    "peer_record": ("把往来记录成联调脚本", "Print what was exchanged as a script"),
    "peer_replay": ("按联调脚本重发，列出每处不符；有不符时退出码为 1", "Send a script again and tell each mismatch"),
    "peer_folder": ("它的文件夹", "Its folder"),
    "peer_code": ("它的代码，即交换对方登记的代码", "Its code"),
    "peer_name": ("名称", "Its name"),
    "peer_card": ("我方的名片文件", "The other side's card"),
    "peer_agreement": ("协议编号", "The agreement's number"),
    "peer_rows": ("CSV 文件，各列用协议中对方的列名", "A CSV file with the agreed columns"),
    "peer_purpose": ("查询事由", "For what a query asks"),
    "peer_other": ("我方的代码", "The other side's code"),
    "peer_directory": ("双方都能读写的交换目录", "A folder that both sides reach"),
    "peer_port": ("在本机开放数据包接口的端口", "The port of its interface for packages"),
    "peer_address": (
        "我方数据包接口的地址，如 http://127.0.0.1:8000/exchange/v1",
        "The address of the other's interface",
    ),
    "peer_token": ("接口令牌", "The token for the interfaces"),
    "peer_sftp": ("在本机对交换目录开放 SFTP 的端口", "The port of an SFTP server over the directory"),
    "peer_allowed": ("允许登录 SFTP 的公钥（renshe exchange ssh-key）", "The public key that may come in by SFTP"),
    "peer_script": ("联调脚本", "The script"),
    "peer_patience": ("每一步最多等候的秒数", "Seconds to wait for each step"),
    "journal_told": ("另一处所留的封条文件", "The chain as it was told elsewhere"),
}


def chinese() -> bool:
    """Return whether the user is spoken to in Chinese: unless the locale is English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return not value.lower().startswith("en")
    return True


def t(key: str) -> str:
    """Return the text ``key`` in the user's language: Chinese unless the locale is English."""
    own, english = _TEXTS[key]
    return own if chinese() else english

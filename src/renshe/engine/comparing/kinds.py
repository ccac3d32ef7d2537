"""The kinds of difference between two systems: what each is called, who mends it and how.

Source: the county rules (S0-9: 将养老、医疗之间的数据进行比对、核查、校正; S0-40: any two systems),
白社保〔2021〕22号 三（三） (基础信息 against other departments) and 三（五） (比照历史数据的备份，补充完善缺失数据).

Rule: what only two spellings of one thing differ in (張偉 and 张伟, a number of 15 digits and its 18) is a kind of its
own and lesser; so a difference that says something is never lost among those that say nothing. Names of which one
character looks like the other's, or that sound alike, are errors to be mended, but of whoever typed: they stand apart
from names that may be another person's.

Invariant: a kind's id begins with ``COMPARED``, which no rule's does: by it a decision is known as one on a comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from renshe.engine.report.labels import COMPARED

Severity = Literal["must_fix", "optional"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of difference, as lists show rules; ``class_`` is one of the seven classes of problems.

    Table, field and department are those of each difference: a kind may speak of several.
    """

    id: str
    title: str
    remedy: str
    severity: Severity = "must_fix"
    class_: str = "base_info"
    source: str = "白社保〔2021〕22号 三（三）"
    table: str = ""
    field: str | None = None
    department: str = ""
    dimensions: tuple[str, ...] = ("consistency",)
    requires: tuple[str, ...] = ()


_PAPER = "按建议核对居民身份证或户籍资料，以有误的一方为准更正"
_TYPED = "多为录入时误用形近字、同音字；按居民身份证或户籍资料更正有误的一方"
_BOOKS = "按建议核对台账与原始凭证，更正有误一方的原始行"
_LEDGERS = "白社保〔2021〕22号 三（六）"
_BACKUPS = "白社保〔2021〕22号 三（五）"
_SCHEMES = "县金保工程数据清理实施细则（养老、医疗数据比对）"

KINDS: tuple[Kind, ...] = (
    Kind(
        "CMP-PERSON",
        "编号相同而不是同一人",
        "核对编号的原始登记，编号给错的一方改正；其余各项待编号改正后再比",
        class_="logic",
    ),
    Kind("CMP-ID", "证件号码不一致", _PAPER),
    Kind("CMP-NAME", "姓名不一致", _PAPER),
    Kind("CMP-NAME-SHAPE", "姓名有一字形近", _TYPED),
    Kind("CMP-NAME-SOUND", "姓名同音不同字", _TYPED),
    Kind("CMP-BIRTH", "出生日期不一致", _PAPER + "；退休仍按档案最早记载"),
    Kind("CMP-SEX", "性别不一致", _PAPER),
    Kind("CMP-LIFE", "生存状态或死亡日期不一致", "核对户籍注销、火化或医学死亡证明；已死亡的停发待遇、终止关系"),
    Kind("CMP-UNIT", "所在单位不一致", "核对用工备案与参保登记，更正未及时变动的一方", source=_SCHEMES),
    Kind(
        "CMP-STATUS", "参保状态不一致", "核对增减变动的原始资料，更正未及时变动的一方", class_="logic", source=_SCHEMES
    ),
    Kind(
        "CMP-EXCLUSIVE",
        "两个系统同时参加互斥险种",
        "联系参保对象，保留一种关系；职工养老与居民养老同时参加的终止居民养老，重复缴费按规定清退",
        class_="duplicate",
        source="白社保〔2021〕22号 三（七）；人社部发〔2014〕17号",
    ),
    Kind("CMP-RETIRED", "离退休状态不一致", "核对退休审批表，更正未及时变动的一方", class_="logic", source=_SCHEMES),
    Kind("CMP-ACCOUNT", "个人账户期末金额不一致", _BOOKS, class_="logic", source=_LEDGERS),
    Kind("CMP-PAID", "年度缴费合计不一致", _BOOKS, class_="logic", source=_LEDGERS),
    Kind("CMP-BENEFIT", "待遇金额不一致", "核对待遇核定表与调整记录，更正有误的一方", class_="logic", source=_LEDGERS),
    Kind(
        "CMP-RESTORE",
        "备份中有而本系统为空的项目",
        "核对无误后选“补录”，新值不填则取备份的值",
        class_="missing",
        source=_BACKUPS,
    ),
    Kind(
        "CMP-RESTORE-ROW",
        "备份中有而本系统没有的记录",
        "按备份文件的行核对；确应恢复的，填入采集模板（renshe template）作为来源载入；本不应有的选“经核实无误”",
        class_="missing",
        source=_BACKUPS,
    ),
    Kind("CMP-NAME-FORM", "姓名写法不同（繁简、异体、全半角）", "以证件上的写法为准统一", "optional"),
    Kind("CMP-ID-FORM", "证件号码为 15 位与 18 位", "以 18 位号码为准统一", "optional"),
)
"""Every kind, in the order in which lists show them."""

BY_ID = {kind.id: kind for kind in KINDS}


def is_comparison(rule: str) -> bool:
    """Whether ``rule`` is a kind of difference and no rule of the catalogue."""
    return rule.startswith(COMPARED)

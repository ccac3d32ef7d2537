"""What a clerk is told on the first sheet of a list to be filled in.

Invariant: one text for all lists that ``renshe decide`` reads back; only what is taken where no new value is written
is called differently.
"""

from __future__ import annotations

from renshe.engine.report.sheets import EXPECTED


def how_to_fill(taken: str = EXPECTED) -> tuple[tuple[str, str], ...]:
    """Return how a list is filled in; ``taken`` is the column of the value that is taken where none is written."""
    return (
        (
            "怎样填写",
            "在各问题工作表右侧的浅黄色列填写：处理方式（下拉选择）、新值、依据、经办人、复核人、日期。其余各列请勿改动。"
            "依据和经办人必填；复核人、日期可以不填，填了复核人就不能与经办人是同一人。直接填值，不要用公式，不要合并单元格。",
        ),
        ("更正", "现值有误：在“新值”写正确的值，在“依据”写材料名称，如“居民身份证复印件”。"),
        ("补录", "现值为空：向本人或单位联系后，在“新值”写补采的值，并写明依据。"),
        (
            "按规则补录",
            f"现值为空又联系不上：按统一规则补默认值，依据写规则文号；新值不填则取“{taken}”。今后仍能与实采的值分开。",
        ),
        (
            "采信他方",
            f"与另一系统矛盾，以对方为准：新值不填则取“{taken}”，依据写明采信的理由（以本系统为准的选“经核实无误”）。",
        ),
        ("剔除", "整行不应存在（测试、重复、虚构）：不填新值，写明依据。"),
        ("经核实无误", "数据属实，不需修改：不填新值，写明核实材料。以后各轮不再列为问题，直至撤销。"),
        ("退回核实", "本科室无法判断：不填新值，写明需要哪个科室或部门提供什么。"),
        (
            "排序与筛选",
            "可以排序、筛选、移动列、分发给多人填写；不要删除行，不要拆掉最右侧隐藏的“识别码”列，交回时凭它对应原记录。",
        ),
        (
            "交回",
            "用 Excel、WPS 或 LibreOffice 存为 xlsx 或 ods，由项目管理员运行 renshe decide 读回；"
            "不合格的行逐一指出单元格，另存为“…-未采纳.xlsx”，改好后再交。",
        ),
        SECRET,
    )


SECRET = ("保密", "本文件含未遮盖的个人信息，只限经办使用，不得外传。")

"""Items that several ledgers ask for."""

from __future__ import annotations

from renshe.core.casework.forms import Item

REASON = Item("reason", "理由", required=True, length=500)
UNTIL = Item("valid_until", "有效期至", type="date", required=True)
FROM = Item("valid_from", "起始日期（空白为今天）", type="date")
LAST_DAY = Item("last_day", "最后一天", type="date", required=True)
LAST_DAY_OR_NOW = Item("last_day", "最后一天（填昨天即刻终止）", type="date", required=True)
REGION = Item("region", "地区代码", required=True, length=12)
AGENCY = Item("agency", "机构编号（空白为本机构）", length=40)
OPERATOR = Item("operator", "工号", required=True, length=40)


def lines(text: object) -> list[str]:
    """Return the parts of a text that were parted by semicolons or line ends."""
    told = str(text or "").replace("；", ";").replace("\r", "").replace("\n", ";")
    return [one.strip() for one in told.split(";") if one.strip()]

"""What can be granted of the registers.

Rule (指定专人): who names the people in charge decides; who keeps the registers manages the system; whoever checks the
business checks the month's log; heads and auditors look.

Invariant: each operation is declared once, here, and known as soon as Django is set up.
"""

from __future__ import annotations

from renshe.core.org.operations import Operation, declare

QUERY, KEEP, NAME = "registers.query", "registers.keep", "registers.duty.name"
TRACE = "journal.query"
SEARCH_BACKUP, RESTORE = "registers.backup.search", "registers.deleted.restore"
CHECK_LOG, CLEAN_UP = "registers.change_log.check", "registers.clean_up"
PRINT_LOG = "registers.change_log.print"

declare(
    Operation(TRACE, "查询修改记录", "query"),
    Operation(QUERY, "查看登记簿", "query"),
    Operation(KEEP, "填写登记簿", "admin"),
    Operation(NAME, "指定责任人", "approve"),
    Operation(SEARCH_BACKUP, "在备份中查找", "query"),
    Operation(RESTORE, "恢复已删除数据", "admin"),
    Operation(PRINT_LOG, "打印修改日志", "admin"),
    Operation(CHECK_LOG, "核对修改日志", "check"),
    Operation(CLEAN_UP, "清理过期数据", "admin"),
)

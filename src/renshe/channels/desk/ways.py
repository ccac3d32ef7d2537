"""Which pages of the workbench stand in the menu."""

from __future__ import annotations

from renshe.core.casework.held import QUERY
from renshe.core.exchange.operating import TAKE_IN
from renshe.core.pages.menu import entry
from renshe.core.registers.operating import QUERY as REGISTERS
from renshe.core.registers.operating import TRACE

entry("业务", "首页", "home")
entry("业务", "待办理", "inbox", parts=("waiting",))
entry("业务", "我的业务", "inbox", parts=("mine",))
entry("业务", "受理业务", "start")
entry("业务", "查询业务", "cases", QUERY)
entry("交换", "登记收到的数据包", "arrivals", TAKE_IN)
entry("监督", "需要处理的问题", "wrong", REGISTERS)
entry("监督", "修改记录", "journal", TRACE)
entry("监督", "修改日志表", "months", REGISTERS)

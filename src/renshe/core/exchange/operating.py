"""What can be granted of exchange.

Rule (S2-51, S2-52: whoever looks after the network looks at what leaves last): who prepares a batch and who lets it go
are two; whoever registers what came by hand decides nothing about it. A partner's program does nothing but exchange.
"""

from __future__ import annotations

from renshe.core.org.operations import Operation, declare

QUERY, PREPARE, RELEASE, TAKE_IN = "exchange.query", "exchange.prepare", "exchange.release", "exchange.take_in"
COMPARE = "exchange.compare"
LINK = "exchange"
"""What the token of a partner's program is issued for."""

declare(
    Operation(QUERY, "查看数据交换", "query"),
    Operation(PREPARE, "生成交换批次", "entry"),
    Operation(RELEASE, "发送检查和放行", "admin"),
    Operation(TAKE_IN, "登记收到的数据包", "admin"),
    Operation(COMPARE, "核实比对差异和更正请求", "entry"),
    Operation(LINK, "作为交换对方收发数据包", "entry"),
)

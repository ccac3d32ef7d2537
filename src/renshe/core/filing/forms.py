"""The documents of the ground: for any case, for changes of sealed data, for archive volumes.

Rule (S2-38 《业务数据修改申请表》, S2-46 《业务数据修改日志表》, S2-15 归档): what these forms ask for stands in their
templates, with the keys of the data that fill them in.

Invariant: every form is made of data alone.
"""

from __future__ import annotations

from pathlib import Path

from renshe.core.filing.documents import document

_TEMPLATES = Path(__file__).parent / "templates"

RECEIPT = document("filing.receipt", "业务受理单", template=_TEMPLATES / "case.typ", prefix="SLD")
RESULT = document("filing.result", "办理结果告知书", template=_TEMPLATES / "case.typ", prefix="GZS")
CHANGE_REQUEST = document(
    "filing.change_request", "业务数据修改申请表", template=_TEMPLATES / "change_request.typ", prefix="XGS"
)
CHANGE_LOG = document("filing.change_log", "业务数据修改日志表", template=_TEMPLATES / "change_log.typ", prefix="XGR")
CATALOGUE = document("filing.catalogue", "卷内目录", template=_TEMPLATES / "catalogue.typ", prefix="JNM")

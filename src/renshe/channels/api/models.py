"""What the API keeps: answers already given.

Rule (issue 5: idempotency keys): a program that does not know whether its request arrived sends it again under the same
key, and gets the answer that was given.

Invariant: an answer stands if and only if what it tells of was done: both are one transaction.
"""

from __future__ import annotations

from django.db import models


class Answer(models.Model):
    """The answer to one request. ``holder``: digest of who shows it; ``asked``: digest of the request."""

    holder = models.BinaryField("持有人摘要", max_length=32)
    key = models.TextField("幂等键")
    asked = models.BinaryField("请求摘要", max_length=32)
    status = models.SmallIntegerField("状态码", default=0)
    body = models.BinaryField("答复", default=b"")
    kind = models.TextField("答复类型", default="")
    at = models.DateTimeField("时间", auto_now_add=True)

    class Meta:
        db_table = "api_answer"
        verbose_name = "接口应答"
        constraints = [models.UniqueConstraint(fields=["holder", "key"], name="api_answer_once")]
        indexes = [models.Index(fields=["at"], name="api_answer_at")]

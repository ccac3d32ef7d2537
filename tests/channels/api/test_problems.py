"""What the framework refuses is a problem like every other: JSON, in Chinese, with what to do and nothing internal."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from django.test import Client
from tests.channels.api.conftest import Counter

from renshe.channels.api.problems import KIND, in_words


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("GET", "/inbox/other", None, 422, "box 不在可选范围"),
        ("POST", "/cases", {"type": "x"}, 422, "region 缺少，form 缺少"),
        ("POST", "/cases", [], 422, "请求体 应为对象"),
        ("POST", "/cases/search", {"limit": 100_000}, 422, "limit 过大"),
        ("POST", "/cases/search", {"limit": "many"}, 422, "limit 应为整数"),
        ("PUT", "/cases", {}, 405, "Allow"),
        ("GET", "/nothing", None, 404, "没有这个地址"),
    ],
)
def test_what_does_not_fit_is_told_in_words(
    counter: Counter, method: str, path: str, body: object, status: int, told: str
) -> None:
    answer = counter.desk("entry").ask(method, path, body)
    assert (answer.status_code, answer["Content-Type"]) == (status, KIND)
    assert told in answer.json()["detail"]


def test_where_another_method_is_wanted_it_is_named(counter: Counter) -> None:
    assert counter.desk("entry").ask("PUT", "/cases")["Allow"] == "POST"


@pytest.mark.parametrize("path", ["/cases", "/cases/search", "/sessions"])
def test_more_than_is_taken_in_is_refused(counter: Counter, path: str) -> None:
    desk = counter.desk("entry")
    headers = {"Authorization": f"Bearer {desk.token}", "Idempotency-Key": "k"}
    body = b'"' + b"x" * (25 << 20) + b'"'
    answer = desk.client.generic("POST", f"/api/v1{path}", body, "application/json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "api.too_large")
    assert "24 MB" in answer.json()["detail"]


def test_a_name_that_is_not_this_machines_is_refused(counter: Counter) -> None:
    answer = Client().get("/api/v1/case-types", headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer.json()["code"]) == (400, "api.host")


def test_what_has_no_words_of_its_own_is_told_without_its_value() -> None:
    assert (
        in_words({"loc": ("body", "told", "form", "name"), "type": "value_error", "input": "张"})
        == "form.name 不符合要求"
    )


def test_where_there_is_no_database_it_is_said_and_nothing_is_a_fault(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OperationalError("host db-7 password wrong")

    desk = counter.desk("entry")
    desk.client.raise_request_exception = False
    monkeypatch.setattr(connection, "cursor", gone)
    for method, path in (("GET", "/me"), ("POST", "/cases")):
        answer = desk.ask(method, path, {})
        assert (answer.status_code, answer.json()["code"]) == (503, "api.no_database")
        assert "db-7" not in answer.content.decode()

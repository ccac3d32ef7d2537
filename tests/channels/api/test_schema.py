"""What the API says of itself holds: whatever is sent, it answers as its schema says, and never with a fault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.channels.api.conftest import ADDRESS, Counter, allow
from tests.channels.api.test_cases import begun

from renshe.core.org.operations import operations

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
HOUSE = settings(
    max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@contextmanager
def one_connection() -> Iterator[None]:
    """Let requests share the test's transaction, as those of Django's own client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@cache
def site() -> Any:
    return get_wsgi_application()


def here(environ: dict[str, Any], start: Any) -> Any:
    """Answer as if asked from the registered network."""
    return site()({**environ, "REMOTE_ADDR": ADDRESS}, start)


def statuses(operation: Any, token: str | None, numbers: list[str]) -> set[int]:
    """Send what the schema allows, to cases that are there and to others; return the statuses of the answers."""
    seen: set[int] = set()

    @HOUSE
    @given(case=operation.as_strategy(), number=st.sampled_from(numbers), real=st.booleans())
    def send(case: schemathesis.Case, number: str, real: bool) -> None:
        if real and "number" in (case.path_parameters or {}):
            case.path_parameters["number"] = number
        case.headers["Authorization"] = f"Bearer {token}"
        answer = case.call()
        seen.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    with one_connection():
        send()
    return seen


@pytest.mark.parametrize("group", ["entry", "check", "approve", "information"])
def test_nothing_that_is_sent_is_a_fault_or_breaks_the_schema(counter: Counter, group: str) -> None:
    # With every right of its kinds: what is refused for the right alone never comes to what was sent.
    kinds = counter.office.bureau.posts[group].group.kinds
    allow(counter, group, *(one.name for one in operations() if one.kind in kinds))
    numbers = [str(begun(counter, form={"code": f"s{at}", "name": "一"})["number"]) for at in range(3)]
    with one_connection():
        schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", here)
    # A new token for each operation: one of them ends it.
    seen = [statuses(found.ok(), counter.desk(group).token, numbers) for found in schema.get_all_operations()]
    assert len(seen) == sum(len(methods) for methods in schema.raw_schema["paths"].values())
    assert {200, 204, 401, 404, 422} <= set.union(*seen)

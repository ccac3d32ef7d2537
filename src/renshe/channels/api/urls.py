"""The API put together."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from django.apps import apps
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import JSONRenderer

from renshe import __version__
from renshe.channels.api.calling import Caller
from renshe.channels.api.case_api import router as cases
from renshe.channels.api.cleaning_api import router as cleaning
from renshe.channels.api.delegation_api import router as delegations
from renshe.channels.api.duty_api import router as duties
from renshe.channels.api.export_api import router as exports
from renshe.channels.api.job_api import router as jobs
from renshe.channels.api.journal_api import router as journal
from renshe.channels.api.month_api import router as months
from renshe.channels.api.once import ASKING
from renshe.channels.api.paper_api import router as papers
from renshe.channels.api.problems import KIND, in_words, problem
from renshe.channels.api.process_api import router as kinds
from renshe.channels.api.register_api import router as registers
from renshe.channels.api.session_api import router as sessions
from renshe.channels.api.volume_api import router as volumes
from renshe.core.errors import BusinessError


class Api(NinjaAPI):
    """The API; its schema says that refusals are ``problem+json`` and what headers are asked for."""

    def get_openapi_schema(self, *args: Any, **more: Any) -> OpenAPISchema:
        """Return the schema."""
        schema = super().get_openapi_schema(*args, **more)
        for path, methods in schema["paths"].items():
            for method, operation in methods.items():
                for status, answer in operation["responses"].items():
                    if int(status) >= 400 and "content" in answer:
                        answer["content"] = {KIND: answer["content"].pop("application/json")}
                if method == "post" and not path.endswith(ASKING):
                    operation.setdefault("parameters", []).append(_KEY)
        return schema


class Plain(JSONRenderer):
    """Answers in characters as they are, not in escapes."""

    json_dumps_params: Mapping[str, Any] = {"ensure_ascii": False}


_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "同一请求重复发送时使用同一个键，只办理一次",
    "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[A-Za-z0-9_.:-]+$"},
}

api = Api(
    title="renshe",
    version=__version__,
    description="人社业务接口：受理、办理和查询业务。",
    auth=Caller(),
    docs_url=None,
    renderer=Plain(),
    urls_namespace="api",
)
# Exports before cases: what stands there by name is no number of a case.
for router in (
    sessions, kinds, exports, cases, papers, delegations, journal, registers, duties, months, cleaning, volumes, jobs,
):  # fmt: skip
    api.add_router("", router)
# A line that is taken out takes its operations with it.
LINES = {"registry": ("people_api", "units_api")}
for line, modules in LINES.items():
    if apps.is_installed(f"renshe.modules.{line}"):
        for module in modules:
            api.add_router("", import_module(f"renshe.channels.api.{module}").router)


@api.exception_handler(BusinessError)
def refused(request: HttpRequest, error: BusinessError) -> HttpResponse:
    """Answer a refusal of the business."""
    return problem(error)


@api.exception_handler(ValidationError)
def unreadable(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer a request that does not keep to the schema; values are not repeated."""
    return problem(BusinessError("api.unreadable", problems="，".join(map(in_words, error.errors[:10]))), 422)


@api.exception_handler(HttpError)
def unparsed(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer a request whose body is not JSON."""
    return problem(BusinessError("api.unreadable", problems="请求体不是 JSON"), error.status_code)


@api.exception_handler(Http404)
def nowhere(request: HttpRequest, error: Http404) -> HttpResponse:
    """Answer a request for what is not there."""
    return problem(BusinessError("api.not_there"))

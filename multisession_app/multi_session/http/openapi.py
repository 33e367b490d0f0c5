"""The description of the routes, OpenAPI 3.1, made from the routes themselves."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from ..errors import (
    AddressTooLong,
    BodyTimeout,
    BodyTooLarge,
    DatabaseUnavailable,
    HeadersTooLarge,
    InvalidBody,
    InvalidOrigin,
    MissingOrigin,
    MultiSessionError,
    ServerError,
    UnsupportedMediaType,
)
from ..options import BASE_PATH, BODY_LIMIT, HEADERS_LIMIT, PASSWORD_MIN
from .endpoint import Endpoint
from .inputs import may_be_left_out
from .responses import Refusal

_VERSION = "1.0.0"
_TEXT = f"""Several accounts signed in on one device, on the wire of Better Auth's client with its multi-session plugin.
The device is known by an HttpOnly cookie, which is the only proof: the ids here grant nothing. A POST that bears the
cookie has to bear an `Origin` of the app. Bodies are JSON of at most {BODY_LIMIT} bytes, headers at most
{HEADERS_LIMIT} bytes. Nothing is kept in caches."""
_ALWAYS = (InvalidOrigin, MissingOrigin, AddressTooLong, HeadersTooLarge, ServerError, DatabaseUnavailable)
_WITH_BODY = (InvalidBody, BodyTimeout, BodyTooLarge, UnsupportedMediaType)
_JSON = "application/json"
_Mode = Literal["validation", "serialization"]


def refusals_of(endpoint: Endpoint) -> tuple[type[MultiSessionError], ...]:
    """Return all refusals of a route, including those that it shares with others."""
    return (*endpoint.raises, *(_WITH_BODY if endpoint.takes else ()), *_ALWAYS)


def describe(endpoints: Sequence[Endpoint], *, password_minimum: int = PASSWORD_MIN) -> dict[str, Any]:
    """Return the OpenAPI document of the routes, with the length that a new password must have."""
    inputs: list[tuple[str, _Mode, TypeAdapter[Any]]] = [("refusal", "serialization", TypeAdapter(Refusal))]
    for endpoint in endpoints:
        inputs.append((endpoint.path, "serialization", TypeAdapter(endpoint.gives)))
        if endpoint.takes:
            inputs.append((endpoint.path, "validation", TypeAdapter(endpoint.takes)))
    schemas, definitions = TypeAdapter.json_schemas(
        inputs, ref_template="#/components/schemas/{model}", schema_generator=_Untitled
    )
    for shape in definitions["$defs"].values():
        for told in shape.get("properties", {}).values():
            # No other text has to be as long as a new password.
            if told.get("minLength") == PASSWORD_MIN:
                told["minLength"] = password_minimum
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for endpoint in endpoints:
        content = {_JSON: {"schema": schemas[endpoint.path, "serialization"]}}
        done = {"description": "Done.", "headers": _headers(endpoint), "content": content}
        operation: dict[str, Any] = {
            "operationId": endpoint.handler.__name__,
            "summary": endpoint.summary,
            "responses": {
                **_refusals(endpoint),
                **{str(status): done for status in sorted({200, endpoint.or_status})},
            },
        }
        if endpoint.query:
            operation["parameters"] = [
                {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
                for name, text in endpoint.query.items()
            ]
        if endpoint.takes:
            operation["requestBody"] = {
                "required": not may_be_left_out(endpoint.takes),
                "content": {_JSON: {"schema": schemas[endpoint.path, "validation"]}},
            }
        paths[endpoint.path][endpoint.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Multi-session", "version": _VERSION, "description": _TEXT.replace("\n", " ")},
        "servers": [{"url": BASE_PATH}],
        "paths": dict(paths),
        "components": {"schemas": definitions["$defs"]},
    }


class _Untitled(GenerateJsonSchema):
    # Leaves out the titles of fields, which only repeat their names.
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _headers(endpoint: Endpoint) -> dict[str, Any]:
    names = {
        "Cache-Control": "no-store",
        **({"Set-Cookie": "The device's new cookie."} if endpoint.sets_cookie else {}),
        **({"Clear-Site-Data": "Nothing of what was shown is to be kept."} if endpoint.ends_accounts else {}),
    }
    return {name: {"description": text, "schema": {"type": "string"}} for name, text in names.items()}


def _refusals(endpoint: Endpoint) -> dict[str, Any]:
    by_status: dict[int, list[type[MultiSessionError]]] = defaultdict(list)
    for error in refusals_of(endpoint):
        by_status[error.status].append(error)
    return {str(status): _refusal(errors) for status, errors in sorted(by_status.items())}


def _refusal(errors: list[type[MultiSessionError]]) -> dict[str, Any]:
    codes = {"properties": {"code": {"enum": [error.code for error in errors]}}}
    described: dict[str, Any] = {
        "description": " ".join(f"`{error.code}`: {_sentence(error)}" for error in errors),
        "content": {_JSON: {"schema": {"allOf": [{"$ref": "#/components/schemas/Refusal"}, codes]}}},
    }
    if errors[0].status in {429, 503}:
        described["headers"] = {"Retry-After": {"description": "In seconds.", "schema": {"type": "integer"}}}
    return described


def _sentence(error: type[MultiSessionError]) -> str:
    return " ".join((inspect.getdoc(error) or "").partition("\n\n")[0].split())

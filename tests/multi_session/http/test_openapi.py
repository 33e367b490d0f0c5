"""The description of the routes says what they do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from multisession_app.multi_session import errors
from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.http.openapi import describe
from multisession_app.multi_session.http.routes import ENDPOINTS
from tests.multi_session.http.test_routes import ANSWERS
from tests.support.browser import Browser


@pytest.fixture
def document(multi_session: MultiSession) -> dict[str, Any]:
    """Return the description."""
    return describe(ENDPOINTS)


def test_document_is_served(visitor: Browser, document: dict[str, Any]) -> None:
    """To whoever asks, as it is made."""
    answer = visitor.get("/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == json.loads(json.dumps(document))
    assert answer.json()["openapi"].startswith("3.1.")


def test_document_names_the_length_that_the_app_asks_of_a_password(
    kit_with: Callable[..., MultiSession], client: Callable[..., Browser]
) -> None:
    """Of new ones only: one that exists may be shorter."""
    shapes = client(kit_with(password_minimum=15)).get("/openapi.json").json()["components"]["schemas"]
    asked = {
        (name, field): told["minLength"]
        for name, shape in shapes.items()
        for field, told in shape["properties"].items()
        if "password" in field.lower()
    }
    assert {where for where, least in asked.items() if least == 15} == {
        ("SignUp", "password"),
        ("PasswordChange", "newPassword"),
    }
    assert {*asked.values()} == {0, 15}


def test_document_describes_every_route(document: dict[str, Any]) -> None:
    """And nothing else."""
    described = [f"{method.upper()} {path}" for path, here in document["paths"].items() for method in here]
    assert sorted(described) == sorted(ANSWERS)
    names = [operation["operationId"] for here in document["paths"].values() for operation in here.values()]
    assert len(set(names)) == len(names)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """And no shape is described in vain."""
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named == set(document["components"]["schemas"])


@pytest.mark.parametrize("route", [route for route, answers in ANSWERS.items() if any("4" in a for a in answers)])
def test_refusal_of_a_route_is_described(document: dict[str, Any], route: str) -> None:
    """Those of the table, by status and code."""
    method, path = route.split()
    responses = document["paths"][path][method.lower()]["responses"]
    for answer in set(ANSWERS[route]) - {"200"}:
        status, code = answer.split()
        _, codes = responses[status]["content"]["application/json"]["schema"]["allOf"]
        assert code in codes["properties"]["code"]["enum"]
        assert f"`{code}`: " in responses[status]["description"]


def test_every_refusal_is_described(document: dict[str, Any]) -> None:
    """But those of addresses and methods that are not there, of sockets, and of the operator's command line."""
    text = json.dumps(document)
    refusals = [kind for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "code")]
    elsewhere = {errors.MultiSessionError, errors.NotFound, errors.MethodNotAllowed, errors.NoSuchUser}
    elsewhere |= {errors.TooManySockets}
    assert not [kind for kind in refusals if kind not in elsewhere and f'"{kind.code}"' not in text]


def test_every_field_has_its_unit(document: dict[str, Any]) -> None:
    """Lengths are in characters, times are date-times of a stated precision."""
    for name, shape in document["components"]["schemas"].items():
        for field, told in shape.get("properties", {}).items():
            if "maxLength" in json.dumps(told):
                assert "haracters" in json.dumps(told), (name, field)
            if field.endswith("At") or field == "at":
                assert (told["format"], "millisecond" in told["description"]) == ("date-time", True)

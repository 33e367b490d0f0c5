"""What a user chooses: how long to be signed in, the name, the picture."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from tests.support.browser import JSON, PASSWORD, Browser, email_of
from tests.support.world import Clock, World


@pytest.mark.parametrize("verb", ["/sign-up/email", "/sign-in/email"])
def test_who_is_not_to_be_remembered_is_signed_out_after_a_day(visitor: Browser, clock: Clock, verb: str) -> None:
    """As upstream."""
    if verb == "/sign-in/email":
        visitor.sign_up("ada")
    body = {"name": "ada", "email": email_of("ada"), "password": PASSWORD, "rememberMe": False}
    assert visitor.post(verb, body).status_code == 200
    clock.advance(hours=23, minutes=59)
    assert visitor.active() == "ada"
    clock.advance(minutes=1)
    assert visitor.active() is None


def test_short_session_is_never_longer_than_the_others(
    client: Callable[..., Browser], clock: Clock, kit_with: Callable[..., MultiSession]
) -> None:
    """An app may end all of them after an hour."""
    visitor = client(kit_with(session_timeout=timedelta(hours=1)))
    visitor.sign_up("ada", rememberMe=False)
    clock.advance(hours=1)
    assert visitor.active() is None


@pytest.mark.parametrize("value", ["5", "null", '"false"', "[]"])
def test_remember_me_has_to_be_true_or_false(visitor: Browser, value: str) -> None:
    """It is no guess."""
    raw = f'{{"email": "a@b.example", "password": "x", "rememberMe": {value}}}'
    answer = visitor.ask("POST", "/sign-in/email", {"Content-Type": JSON}, content=raw.encode())
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")


@pytest.mark.standard("ASVS 7.5.1")
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "NO_FIELDS_TO_UPDATE"),
        ({"nickname": "A"}, "NO_FIELDS_TO_UPDATE"),
        ({"email": "other@example.com"}, "EMAIL_CAN_NOT_BE_UPDATED"),
        ({"email": 5, "name": "A"}, "EMAIL_CAN_NOT_BE_UPDATED"),
        ({"name": None}, "VALIDATION_ERROR"),
        ({"image": 5}, "VALIDATION_ERROR"),
        ({"name": " "}, "INVALID_NAME"),
        ({"image": "http://example.com/a.png"}, "INVALID_IMAGE"),
    ],
)
def test_profile_that_cannot_be_is_refused(visitor: Browser, world: World, body: Any, code: str) -> None:
    """Nothing of it is stored."""
    visitor.sign_up("ada")
    visitor.names()
    before = world.everything()
    answer = visitor.post("/update-user", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert world.everything() == before

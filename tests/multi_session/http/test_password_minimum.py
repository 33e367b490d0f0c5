"""How long a new password has to be, where the app asks for more than eight characters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.operator import Operator
from multisession_app.multi_session.database.models import User
from multisession_app.multi_session.errors import PasswordTooShort
from multisession_app.multi_session.security.passwords import hash_password
from tests.support.browser import Browser, email_of
from tests.support.running import run
from tests.support.world import World

FOURTEEN, FIFTEEN = "vK9#xq2LvK9#xq", "vK9#xq2LvK9#xq2"

pytestmark = pytest.mark.sqlite


@pytest.fixture
def strict(kit_with: Callable[..., MultiSession]) -> MultiSession:
    """Return a kit that asks for fifteen."""
    return kit_with(password_minimum=15)


@pytest.mark.standard("ASVS 6.2.1", "NIST 3.1.1.2")
def test_new_passwords_are_that_long(strict: MultiSession, client: Callable[..., Browser]) -> None:
    """At sign-up, at a change, and those that the operator sets; the sentence says how long."""
    visitor = client(strict)
    ada = {"name": "Ada", "email": email_of("ada")}
    refused = visitor.post("/sign-up/email", {**ada, "password": FOURTEEN})
    assert (refused.status_code, refused.json()) == (
        400,
        {"code": "PASSWORD_TOO_SHORT", "message": "Use at least 15 characters.", "field": "password"},
    )
    assert visitor.post("/sign-up/email", {**ada, "password": FIFTEEN}).status_code == 200
    change = {"currentPassword": FIFTEEN, "newPassword": FOURTEEN}
    refused = visitor.post("/change-password", change)
    assert (refused.json()["code"], refused.json()["field"]) == ("PASSWORD_TOO_SHORT", "newPassword")
    with pytest.raises(PasswordTooShort):
        run(Operator(strict).set_password(email_of("ada"), FOURTEEN))


def test_whoever_has_a_shorter_one_gets_in(
    strict: MultiSession, client: Callable[..., Browser], world: World, now: datetime
) -> None:
    """It was long enough when it was chosen."""
    stored = run(hash_password("vK9#xq2L"))
    user = User(name="Ada", email=email_of("ada"), password_hash=stored, created_at=now, updated_at=now)
    world.write(lambda db: db.add(user))
    visitor = client(strict)
    body = {"email": email_of("ada"), "password": "vK9#xq2L"}
    assert visitor.post("/sign-in/email", body).status_code == 200
    assert visitor.post("/reauthenticate", body).status_code == 200
    assert visitor.post("/delete-user", body).status_code == 200

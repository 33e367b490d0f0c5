"""An account deleted by its owner: gone everywhere, and nobody else's business."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from multisession_app.multi_session.database.models import DeviceSession, SecurityEvent, User
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.world import World


def delete(browser: Browser) -> None:
    """Delete the active user."""
    answer = browser.post("/delete-user", {"password": PASSWORD})
    assert (answer.status_code, answer.json()) == (200, {"success": True, "message": "User deleted"})
    assert answer.headers["clear-site-data"] == '"cache"'


def test_next_account_takes_over(visitor: Browser, world: World) -> None:
    """The one used last; the device's cookie stays as it is."""
    for name in ("ada", "bob", "cleo"):
        visitor.sign_up(name)
    visitor.names()
    delete(visitor)
    assert visitor.names() == ["bob", "ada"]
    assert {user.name for user in world.rows(User)} == {"ada", "bob"}


@pytest.mark.standard("ASVS 7.4.2")
def test_nothing_of_the_user_is_left(visitor: Browser, client: Callable[..., Browser], world: World) -> None:
    """Sessions on every device, ended and remembered ones, events; the last account leaves a device signed out."""
    visitor.sign_up("ada")
    phone = client()
    phone.sign_in("ada")
    phone.sign_up("bob")
    phone.names()
    delete(visitor)
    assert (visitor.active(), phone.names()) == (None, ["bob"])
    (bob,) = world.rows(User)
    assert {row.user_id for row in world.rows(DeviceSession)} == {bob.id}
    assert {row.user_id for row in world.rows(SecurityEvent)} == {bob.id}


def test_deleted_user_is_as_unknown_as_one_that_never_was(visitor: Browser) -> None:
    """And the e-mail is free again."""
    visitor.sign_up("ada")
    visitor.names()
    delete(visitor)
    answer = visitor.post("/sign-in/email", {"email": email_of("ada"), "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_EMAIL_OR_PASSWORD")
    assert visitor.sign_up("ada")

"""What a handler does not do: for another device, for another account, with what is no argument."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.tabs import HEADER
from multisession_app.multi_session.database.models import User
from tests.support.browser import Browser, email_of
from tests.support.state_tab import WORDS, Tab
from tests.support.world import World

pytestmark = pytest.mark.sqlite

WRONG: list[Any] = [5, None, True, {}, [], {"session_id": "x"}, b"x", 1.5, "", "x" * 10_000, "%", "\x00", "\ud800"]
NAMES: list[Any] = [5, None, [], "", " ", "x" * 10_000, "\ud800", "A\x00"]


@pytest.mark.parametrize("handler", ["set_active", "revoke"])
def test_handler_refuses_what_is_no_session_of_this_device(
    visitor: Browser,
    client: Callable[..., Browser],
    tab: Callable[..., Tab],
    world: World,
    caplog: pytest.LogCaptureFixture,
    handler: str,
) -> None:
    """Annotations do not check: whatever comes, a notice, nothing changed, and nothing of it in the log."""
    visitor.sign_up("ada")
    stranger = client()
    foreign = stranger.sign_up("eve")
    shown = tab(visitor)
    stranger.names()
    before = world.everything()
    for sent in [*WRONG, foreign]:
        caplog.clear()
        with caplog.at_level(logging.INFO):
            shown.call(handler, sent)
        assert shown.state.notice == WORDS.invalid_session, repr(sent)[:40]
        assert shown.state.notice_kind == "refused"
        assert [record.getMessage() for record in caplog.records] == [f"Refused {handler}: INVALID_SESSION_TOKEN"]
    assert world.everything() == before


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        (
            WORDS.invalid_name,
            [{}, *({"name": name} for name in NAMES)],
        ),
        (
            WORDS.invalid_image,
            [{"name": "A", "image": "https://a.example/" + end} for end in ("x" * 10_000, "\x00", "\ud800")],
        ),
        (
            WORDS.invalid_image,
            [{"name": "A", "image": image} for image in ("javascript:alert(1)", "http://a.example/")],
        ),
        (WORDS.invalid_name, [5, None, "x" * 10_000, []]),
    ],
    ids=["name", "odd characters in the picture's address", "other address", "no form"],
)
def test_update_profile_refuses_what_is_no_profile(
    visitor: Browser, tab: Callable[..., Tab], world: World, word: str, forms: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A notice that says what is wrong; nothing changed, nothing of it in the log."""
    visitor.sign_up("ada")
    shown = tab(visitor)
    before = world.everything()
    for sent in forms:
        caplog.clear()
        shown.call("update_profile", sent)
        assert (shown.state.notice, shown.state.notice_kind) == (word, "refused"), repr(sent)[:60]
        assert all(record.getMessage().startswith("Refused update_profile: INVALID_") for record in caplog.records)
        assert world.everything() == before


def test_form_cannot_choose_whose_profile_it_is(
    visitor: Browser, client: Callable[..., Browser], tab: Callable[..., Tab]
) -> None:
    """Further fields are not read."""
    stranger = client()
    stranger.sign_up("eve")
    visitor.sign_up("ada")
    eve = stranger.listed()[0]["user"]["id"]
    tab(visitor).call("update_profile", {"name": "A", "id": eve, "user_id": eve, "email": email_of("eve")})
    assert (stranger.names(), visitor.names()) == (["eve"], ["A"])
    assert visitor.listed()[0]["user"]["email"] == email_of("ada")


@pytest.mark.parametrize(
    "handler", ["set_active", "revoke", "sign_out", "revoke_others", "revoke_all", "update_profile"]
)
def test_tab_whose_account_has_ended_does_nothing(
    visitor: Browser, tab: Callable[..., Tab], world: World, handler: str
) -> None:
    """Signed out elsewhere, and the message has not come yet: the other account is not touched in its name."""
    ada, bob = visitor.sign_up("ada"), visitor.sign_up("bob")
    shown = tab(visitor)
    visitor.post("/multi-session/revoke", {"sessionToken": bob})
    before = world.everything()
    arguments: dict[str, list[Any]] = {"set_active": [ada], "revoke": [ada], "update_profile": [{"name": "X"}]}
    shown.call(handler, *arguments.get(handler, []))
    assert shown.state.notice == WORDS.invalid_session
    assert world.everything() == before


@pytest.mark.parametrize("handler", ["sign_out", "revoke_others", "update_profile"])
def test_tab_acts_only_for_the_account_on_its_screen(
    visitor: Browser, tab: Callable[..., Tab], world: World, handler: str
) -> None:
    """Another tab has switched to Bob; this one shows Ada, and what is clicked here is not done to Bob."""
    ada, bob = visitor.sign_up("ada"), visitor.sign_up("bob")
    shown = tab(visitor, ada)
    shown.call(handler, *([{"name": "Changed"}] if handler == "update_profile" else []))
    assert world.row(bob).revoked_at is None or handler == "revoke_others"
    names = {user.email: user.name for user in world.rows(User)}
    assert names[email_of("bob")] == "bob"
    if handler == "revoke_others":
        assert world.row(ada).revoked_at is None


@pytest.mark.parametrize("headers", [{}, {HEADER + "device": "x", HEADER + "session": "y", HEADER + "generation": "0"}])
def test_tab_without_a_device_does_nothing(
    multi_session: MultiSession, visitor: Browser, tab: Callable[..., Tab], world: World, headers: dict[str, str]
) -> None:
    """Signed out, or with ids that never were."""
    ada = visitor.sign_up("ada")
    tab(visitor)
    before = world.everything()
    stranger = Tab(multi_session, headers)
    for handler, arguments in (("set_active", [ada]), ("revoke", [ada]), ("sign_out", []), ("revoke_all", [])):
        stranger.call(handler, *arguments)
        assert stranger.state.notice == WORDS.invalid_session
    assert world.everything() == before


def test_names_in_a_notice_are_shown_as_they_are(visitor: Browser, tab: Callable[..., Tab]) -> None:
    """A name is no template."""
    body = {"name": "{next} {name}", "email": email_of("ada"), "password": "correct horse battery staple"}
    ada = visitor.post("/sign-up/email", body).json()["token"]
    visitor.sign_up("bob")
    assert tab(visitor).call("revoke", ada)["notice"] == "{next} {name} is signed out."

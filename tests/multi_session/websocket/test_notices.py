"""Why a tab shows another account than before, or none: in words, with the time and who was signed out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.localization import filled
from multisession_app.multi_session.options import SECRET_GRACE
from multisession_app.multi_session.queries import ended_sessions
from multisession_app.multi_session.websocket.notices import explain
from multisession_app.multi_session.websocket.state import ENDED, UNKNOWN
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.event_check import BOOT, FRESH, HYDRATE, Guarding
from tests.support.running import run
from tests.support.state_tab import WORDS, Tab
from tests.support.world import Clock, World

pytestmark = pytest.mark.sqlite

NEW = "another fine password"


@pytest.fixture
def phone(client: Callable[..., Browser]) -> Browser:
    """Another device."""
    return client()


@pytest.fixture
def both(visitor: Browser, phone: Browser) -> str:
    """Ada is signed in here and on the phone; return her session's id here."""
    session_id = visitor.sign_up("ada")
    visitor.names()
    phone.sign_in("ada")
    phone.names()
    return session_id


@pytest.fixture
def notice(tab: Callable[..., Tab], world: World) -> Callable[[Browser, str], tuple[str, str]]:
    """Return what says the notice, and its time, on a tab that showed a session and comes back."""

    def read(browser: Browser, shown: str) -> tuple[str, str]:
        device = world.device(browser.secret)
        state = tab(browser).state
        run(explain(state, device.id, device.generation, shown))
        assert state.notice_kind in {"", ENDED}
        return state.notice, state.notice_at

    return read


def said(word: str, name: str = "", next_name: str = "") -> str:
    """Return a word as it stands on screen, with who acts now behind it."""
    text = filled(word, name=name, device=WORDS.another_device)
    return f"{text} {filled(WORDS.now_using, next=next_name)}" if next_name else text


@pytest.mark.parametrize("next_name", ["", "bob"], ids=["nobody is left", "bob takes over"])
@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/revoke-session", WORDS.signed_out_elsewhere),
        ("/revoke-other-sessions", WORDS.signed_out_elsewhere),
        ("/revoke-sessions", WORDS.signed_out_everywhere),
        ("/change-password", WORDS.password_changed),
    ],
)
def test_end_from_another_device_is_said_with_its_time(
    visitor: Browser,
    phone: Browser,
    both: str,
    notice: Callable[[Browser, str], tuple[str, str]],
    clock: Clock,
    path: str,
    word: str,
    next_name: str,
) -> None:
    """And who takes over, if there is somebody."""
    if next_name:
        visitor.sign_up(next_name)
        visitor.names()
        visitor.post("/multi-session/set-active", {"sessionId": both})
    body = {"token": both, "currentPassword": PASSWORD, "newPassword": NEW}
    assert phone.post(path, body).status_code == 200
    assert notice(visitor, both) == (said(word, "ada", next_name), clock.now.isoformat())


def test_who_made_room_is_told_for_which_device(
    visitor: Browser,
    phone: Browser,
    both: str,
    notice: Callable[[Browser, str], tuple[str, str]],
    client: Callable[..., Browser],
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So that somebody who did not sign in there knows that somebody else did."""
    monkeypatch.setattr(ended_sessions, "SESSIONS_OF_USER_MAX", 2)
    clock.advance(minutes=1)
    phone.names()
    body = {"email": email_of("ada"), "password": PASSWORD}
    client().post("/sign-in/email", body, {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Firefox/133.0"})
    text = filled(WORDS.too_many_devices, name="ada", device="Firefox on Linux")
    assert notice(visitor, both) == (text, clock.now.isoformat())


def test_end_of_another_day_is_said_with_the_time_it_had(
    visitor: Browser, phone: Browser, both: str, notice: Callable[[Browser, str], tuple[str, str]], clock: Clock
) -> None:
    """A laptop may sleep for days."""
    ended_at = clock.now
    phone.post("/revoke-other-sessions")
    clock.now += timedelta(days=2)
    assert notice(visitor, both) == (said(WORDS.signed_out_elsewhere, "ada"), ended_at.isoformat())


def test_deleted_account_is_said_without_its_name(
    visitor: Browser, phone: Browser, both: str, notice: Callable[[Browser, str], tuple[str, str]]
) -> None:
    """Nothing of it is left; the tab that showed it says so all the same."""
    phone.post("/delete-user", {"password": PASSWORD})
    assert notice(visitor, both) == (WORDS.account_gone, "")
    visitor.sign_up("bob")
    visitor.names()
    assert notice(visitor, both) == (said(WORDS.account_gone, next_name="bob"), "")


def test_tab_of_which_nobody_knows_what_it_showed_says_nothing(
    visitor: Browser, both: str, notice: Callable[[Browser, str], tuple[str, str]]
) -> None:
    """It was loaded anew in the middle."""
    assert notice(visitor, UNKNOWN) == ("", "")


def test_device_that_ended_a_session_can_be_named(
    visitor: Browser, phone: Browser, both: str, multi_session: MultiSession, world: World
) -> None:
    """By what its browser says of itself; a session that nobody ended has none."""
    assert run(multi_session.device_sessions.ended_by(world.row(both))) == ""
    phone.post("/revoke-other-sessions")
    assert run(multi_session.device_sessions.ended_by(world.row(both))).startswith("python-httpx")


@pytest.mark.parametrize("path", [BOOT, HYDRATE])
def test_browser_with_an_outdated_cookie_is_told_so_and_of_a_theft_once_it_is_found(
    visitor: Browser, guarding: Guarding, clock: Clock, path: str
) -> None:
    """At every page load while the cookie is there, also on a tab that showed nobody; with no name, not even hers."""
    visitor.sign_up("ada")
    visitor.names()
    old = visitor.copy()
    visitor.sign_up("bob")
    visitor.names()

    def notice(browser: Browser, shown: str | None = "") -> str:
        tab = guarding.open(browser, shown=shown)
        assert tab.runs(path, FRESH if path == BOOT else {})
        return tab.tab.state.notice

    assert notice(old) == "", "its requests may still be on their way"
    clock.now += SECRET_GRACE
    assert notice(old) == notice(old, shown=None) == WORDS.cookie_outdated
    assert notice(visitor) == notice(visitor) == notice(old) == WORDS.signed_out_by_theft
    assert "{" not in WORDS.signed_out_by_theft + WORDS.cookie_outdated
    visitor.sign_in("ada")
    assert notice(visitor) == ""


def test_unknown_cookie_is_told_nothing(visitor: Browser, guarding: Guarding) -> None:
    """Nothing is known of whose it was."""
    visitor.sign_up("ada")
    tab = guarding.open(visitor.holding("x" * 43), shown="")
    assert tab.runs(BOOT, FRESH)
    assert tab.tab.state.notice == ""

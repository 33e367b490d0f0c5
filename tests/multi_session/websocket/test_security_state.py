"""The websocket door to one account's sessions on every device, without a browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from reflex_base.utils.format import json_dumps
from sqlmodel import Session, col

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.database.models import (
    ACCOUNT_DISABLED,
    ACCOUNT_ENABLED,
    FAILED_SIGN_IN,
    OUTDATED_COOKIE,
    PASSWORD_CHANGED,
    REAUTHENTICATED,
    SESSION_ENDED,
    SIGNED_IN,
    SIGNED_OUT,
    SIGNED_UP,
    TOLD_ENDS,
    Device,
    DeviceSecret,
    DeviceSession,
    User,
)
from multisession_app.multi_session.database.public import SecurityEventPublic
from multisession_app.multi_session.options import SECURITY_EVENTS_PAGE, SESSIONS_PAGE
from multisession_app.multi_session.queries.ended_sessions import end
from multisession_app.multi_session.queries.security_events import note
from multisession_app.multi_session.security.origins import NOWHERE
from multisession_app.multi_session.websocket import event_names, user_agents
from multisession_app.multi_session.websocket.security_state import SecurityActivity, SecurityState
from tests.multi_session.websocket.test_state_refusals import WRONG
from tests.support.browser import Browser
from tests.support.running import run
from tests.support.state_tab import WORDS, Tab
from tests.support.world import NOW, World

VERBS = ["revoke_session", "revoke_other_sessions", "revoke_sessions"]


def do(tab: Tab, handler: str, *arguments: Any) -> SecurityState:
    """Run a handler as an event does and return the state."""

    async def go() -> SecurityState:
        state = await tab.root.get_state(SecurityState)
        await SecurityState.event_handlers[handler].fn(state, *arguments)
        return state

    return run(go())


def happen(world: World, count: int) -> None:
    """Let so many things happen to the only user, a minute apart."""
    [user] = world.rows(User)
    for _ in range(count):
        at = world.clock.advance(minutes=1)
        world.write(lambda db, at=at: note(db, FAILED_SIGN_IN, user.id, None, by=NOWHERE, now=at))  # type: ignore[misc]


def elsewhere(world: World, count: int, user_agent: str = "") -> None:
    """Let the only user be signed in on so many other devices, the last used first."""
    [user] = world.rows(User)

    def add(db: Session) -> None:
        for number in range(count):
            at = NOW - timedelta(minutes=number)
            device = Device(state_key="", created_at=at, last_seen_at=at)
            db.add(device)
            db.flush()
            session = DeviceSession(
                device_id=device.id,
                user_id=user.id,
                generation=0,
                activation=1,
                created_at=at,
                last_active_at=at,
                authenticated_at=at,
                expires_at=NOW + timedelta(days=30),
                user_agent=user_agent.format(number=number),
            )
            db.add(session)

    world.write(add)


def test_sessions_are_those_of_the_account_on_screen(client: Callable[..., Browser], tab: Callable[..., Tab]) -> None:
    """On every device, this one first; other accounts' are not among them."""
    one, other = client(), client()
    ada = one.sign_up("ada")
    elsewhere = other.sign_in("ada")
    other.sign_up("eve")
    sessions = do(tab(one), "show_sessions").sessions
    assert [(row.id, row.is_current, row.device) for row in sessions] == [
        (ada, True, WORDS.unknown_browser),
        (elsewhere, False, WORDS.unknown_browser),
    ]


@pytest.mark.parametrize("handler", ["show_sessions", "show_activity"])
def test_tab_that_still_acts_as_another_account_reads_nothing(
    visitor: Browser, tab: Callable[..., Tab], handler: str
) -> None:
    """The device has switched to Bob, and this tab not yet: his rows do not come into Ada's tree."""
    ada, _ = visitor.sign_up("ada"), visitor.sign_up("bob")
    state = do(tab(visitor, ada), handler)
    assert (state.sessions, state.activity, state.is_activity_loaded) == ([], [], False)


def test_browser_gets_the_fields_of_two_shapes_and_nothing_else(
    visitor: Browser, tab: Callable[..., Tab], world: World
) -> None:
    """No key, no hash, no secret, no device, no user agent as it was sent."""
    visitor.sign_up("ada")
    shown = tab(visitor)
    do(shown, "show_sessions")
    do(shown, "show_activity")
    whole = json.loads(json_dumps(shown.root.dict()))[SecurityState.get_full_name()]
    mine = {name.removesuffix("_rx_state_"): value for name, value in whole.items()}
    assert set(mine) == {
        "sessions",
        "has_more_sessions",
        "activity",
        "is_activity_loaded",
        "before",
        "has_other_devices",
    }
    assert set(mine["sessions"][0]) == {
        "id",
        "device",
        "kind",
        "ip_address",
        "created_at",
        "last_active_at",
        "is_current",
    }
    assert set(mine["activity"][0]) == {
        "id",
        "kind",
        "text",
        "device",
        "by",
        "ip_address",
        "at",
        "is_new_device",
    }
    hidden = {row.password_hash for row in world.rows(User)} | {row.state_key for row in world.rows(Device)}
    hidden |= {row.id for row in world.rows(Device)} | {row.hash for row in world.rows(DeviceSecret)} | {visitor.secret}
    assert not [value for value in hidden if value in json.dumps(mine)]


def test_older_activity_stays_when_the_newest_is_read_anew(
    visitor: Browser, tab: Callable[..., Tab], world: World
) -> None:
    """Each event once and in order; where more has happened than a page holds, the list begins anew."""
    visitor.sign_up("ada")
    happen(world, SECURITY_EVENTS_PAGE)
    shown = tab(visitor)
    state = do(shown, "show_activity")
    assert len(state.activity) == SECURITY_EVENTS_PAGE
    before = state.before
    do(shown, "more", before)
    do(shown, "more", before)
    assert (len(state.activity), state.before) == (SECURITY_EVENTS_PAGE + 1, "")
    assert state.activity[-1].text == WORDS.event_signed_up
    happen(world, 2)
    do(shown, "show_activity")
    times = [row.at for row in state.activity]
    assert len(times) == len(set(times)) == SECURITY_EVENTS_PAGE + 3
    assert times == sorted(times, reverse=True)
    happen(world, SECURITY_EVENTS_PAGE)
    do(shown, "show_activity")
    assert len(state.activity) == SECURITY_EVENTS_PAGE
    assert state.before != ""


@pytest.mark.parametrize("before", [*WRONG, "00000000-0000-4000-8000-000000000000"])
def test_more_takes_only_what_it_gave(visitor: Browser, tab: Callable[..., Tab], world: World, before: Any) -> None:
    """Whatever a browser sends in place of the place to go on from, nothing happens."""
    visitor.sign_up("ada")
    happen(world, SECURITY_EVENTS_PAGE)
    shown = tab(visitor)
    rows = list(do(shown, "show_activity").activity)
    assert do(shown, "more", before).activity == rows


def test_sessions_come_a_page_at_a_time(visitor: Browser, tab: Callable[..., Tab], world: World) -> None:
    """This device's first, then the one used last; a click repeated is one, and what is shown is kept up to date."""
    visitor.sign_up("ada")
    elsewhere(world, 2 * SESSIONS_PAGE)
    shown = tab(visitor)
    state = do(shown, "show_sessions")
    assert (len(state.sessions), state.sessions[0].is_current, state.has_more_sessions) == (SESSIONS_PAGE, True, True)
    do(shown, "more_sessions", SESSIONS_PAGE)
    do(shown, "more_sessions", SESSIONS_PAGE)
    assert (len(state.sessions), state.has_more_sessions) == (2 * SESSIONS_PAGE, True)
    world.write(lambda db: end(db, SIGNED_OUT, NOW, col(DeviceSession.id) == state.sessions[1].id))
    do(shown, "show_sessions")
    assert (len(state.sessions), state.has_more_sessions) == (2 * SESSIONS_PAGE, False)
    times = [row.last_active_at for row in state.sessions[1:]]
    assert times == sorted(times, reverse=True)
    do(shown, "more_sessions", 2 * SESSIONS_PAGE)
    assert len(state.sessions) == 2 * SESSIONS_PAGE


def test_more_sessions_come_only_after_those_that_are_shown(
    visitor: Browser, tab: Callable[..., Tab], world: World
) -> None:
    """Whatever a browser sends in place of the number of those, nothing is added."""
    visitor.sign_up("ada")
    elsewhere(world, SESSIONS_PAGE)
    shown = tab(visitor)
    do(shown, "show_sessions")
    for sent in [*WRONG, 0, 10**9, -1, float(SESSIONS_PAGE)]:
        assert len(do(shown, "more_sessions", sent).sessions) == SESSIONS_PAGE, repr(sent)[:40]


def test_browsers_that_nobody_knows_do_not_hold_up_the_others(
    visitor: Browser, tab: Callable[..., Tab], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred names of the odd kind took half a second of the event loop. Each is found out in a thread, and once."""
    visitor.sign_up("ada")
    elsewhere(world, SESSIONS_PAGE, user_agent="{number}" + f" on {world.database.engine.url}")
    threads: list[int] = []
    monkeypatch.setattr(user_agents, "parse_user_agent", lambda text: threads.append(threading.get_ident()))
    shown = tab(visitor)
    for handler, *arguments in (("show_sessions",), ("more_sessions", SESSIONS_PAGE), ("show_activity",)):
        do(shown, handler, *arguments)
    assert threading.get_ident() not in threads
    assert SESSIONS_PAGE <= len(threads) <= SESSIONS_PAGE + 1


def test_verbs_end_sessions_on_other_devices(client: Callable[..., Browser], tab: Callable[..., Tab]) -> None:
    """As over HTTP."""
    one, other, third = client(), client(), client()
    one.sign_up("ada")
    elsewhere = other.sign_in("ada")
    third.sign_in("ada")
    do(tab(one), "revoke_session", elsewhere)
    assert (one.names(), other.names(), third.names()) == (["ada"], [], ["ada"])
    do(tab(one), "revoke_other_sessions")
    assert (one.names(), third.names()) == (["ada"], [])
    do(tab(one), "revoke_sessions")
    assert one.names() == []


@pytest.mark.parametrize("verb", VERBS)
def test_verb_without_a_recent_password_is_refused_in_words(
    client: Callable[..., Browser], tab: Callable[..., Tab], world: World, multi_session: MultiSession, verb: str
) -> None:
    """Nothing changed."""
    one, other = client(), client()
    one.sign_up("ada")
    elsewhere = other.sign_in("ada")
    shown = tab(one)
    other.names()
    world.clock.advance(seconds=(multi_session.options.fresh_for + timedelta(seconds=1)).total_seconds())
    before = world.everything()
    state = do(shown, verb, *([elsewhere] if verb == "revoke_session" else []))
    assert (state.notice, state.notice_kind) == (WORDS.session_not_fresh, "refused")
    assert world.everything() == before


@pytest.mark.parametrize("verb", VERBS)
def test_verb_acts_for_the_account_on_screen_only(
    client: Callable[..., Browser], tab: Callable[..., Tab], world: World, verb: str
) -> None:
    """Another tab has switched to Bob; what is clicked in this one, which shows Ada, ends nothing of either's."""
    one, other = client(), client()
    ada, _ = one.sign_up("ada"), one.sign_up("bob")
    bobs = other.sign_in("bob")
    other.names()
    shown = tab(one, ada)
    before = world.everything()
    state = do(shown, verb, *([bobs] if verb == "revoke_session" else []))
    assert (state.notice, state.notice_kind) == (WORDS.session_changed, "refused")
    assert world.everything() == before


def test_revoke_session_refuses_what_is_no_session_of_this_account(
    client: Callable[..., Browser], tab: Callable[..., Tab], world: World
) -> None:
    """Whatever comes, a notice and nothing changed."""
    one, other = client(), client()
    one.sign_up("ada")
    foreign = other.sign_up("eve")
    shown = tab(one)
    other.names()
    before = world.everything()
    for sent in [*WRONG, foreign]:
        assert do(shown, "revoke_session", sent).notice == WORDS.invalid_session, repr(sent)[:40]
    assert world.everything() == before


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        *((kind, SESSION_ENDED) for kind in sorted(TOLD_ENDS)),
        *((kind, "") for kind in (SIGNED_UP, SIGNED_IN, FAILED_SIGN_IN, REAUTHENTICATED, PASSWORD_CHANGED)),
        *((kind, "") for kind in (ACCOUNT_DISABLED, ACCOUNT_ENABLED, OUTDATED_COOKIE)),
    ],
)
def test_every_kind_of_event_has_words(kind: str, detail: str, tab: Callable[..., Tab]) -> None:
    """All that the kit writes down can be read."""
    event = SecurityEventPublic(id="x", kind=kind, at=NOW, ip_address="", user_agent="", detail=detail)
    row = SecurityActivity.of(event)
    assert row.text in {getattr(WORDS, word.name) for word in fields(WORDS) if word.name.startswith("event_")}
    assert (row.device, row.by) == (WORDS.unknown_browser, "")


def test_a_page_that_reads_by_itself_is_no_use_of_the_account() -> None:
    """Else an open page would keep it from being idle; nor is it taken for an act of the account before."""
    for handler in ("show_sessions", "show_activity"):
        name = f"{SecurityState.get_full_name()}.{handler}"
        assert name in event_names.DONE_BY_THE_PAGE
        assert name in event_names.PASS_THE_FENCE
    assert f"{SecurityState.get_full_name()}.revoke_sessions" not in event_names.PASS_THE_FENCE

"""The demo's click: three people of the visitor's own, with notes, gone after a day. Off unless it is asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlmodel import select

from multisession_app import demo, multisession_app
from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.database.models import DeviceSession, SecurityEvent, User
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.errors import OptionsError, SessionChanged
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from multisession_app.multi_session.http.routes import api
from multisession_app.multi_session.security.origins import NOWHERE
from multisession_app.multi_session.websocket.runtime import runtime
from multisession_app.notes import Note
from tests.support.browser import Browser
from tests.support.running import run
from tests.support.world import Clock, World

CLICK = "//api/demo"
PROJECT = Path(__file__).parents[2]


@pytest.fixture
def new_visitor(
    multi_session: MultiSession, database: Database, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Browser]:
    """Return what opens a browser before a kit whose app is a demo."""
    database.migrate(Path(multisession_app.__file__).parent / "migrations", "notes_version")
    monkeypatch.setattr(runtime, "multi_session", multi_session)
    # As Reflex does with what an app gives it, and the plugin adds.
    app = api()
    app.mount("", demo.routes())
    return lambda **more: Browser(
        DeviceMiddleware(app, multi_session), settle=multi_session.authentication.settle, **more
    )


@pytest.fixture
def visitor(new_visitor: Callable[..., Browser]) -> Browser:
    """Return a browser that has never been here."""
    return new_visitor()


def click(visitor: Browser) -> list[str]:
    """Click, and return the names of those who are signed in then, the active one first."""
    answer = visitor.post(CLICK)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    names = visitor.names()
    assert answer.json()["user"]["name"] == names[0] == visitor.active()
    return names


def notes(world: World) -> list[Note]:
    """Return everybody's notes."""
    return world.read(lambda db: list(db.exec(select(Note)).all()))


def test_one_click_makes_three_people_signed_in(visitor: Browser, world: World) -> None:
    """Each with another name, an e-mail that nobody has, and notes of their own."""
    names = click(visitor)
    assert len(set(names)) == 3
    people = world.rows(User)
    assert {person.name for person in people} == set(names)
    assert all(person.email.endswith("@demo.example.com") for person in people)
    written = notes(world)
    assert {note.user_id for note in written} == {person.id for person in people}
    assert len(written) == 6


def test_people_can_be_switched_between_without_a_password(visitor: Browser) -> None:
    """The point of it."""
    click(visitor)
    for entry in visitor.listed():
        assert visitor.post("/multi-session/set-active", {"sessionId": entry["id"]}).status_code == 200
        assert visitor.active() == entry["user"]["name"]


def test_every_visitor_gets_people_of_their_own(new_visitor: Callable[..., Browser], world: World) -> None:
    """Nobody sees another visitor's notes."""
    first, second = new_visitor(), new_visitor()
    click(first)
    click(second)
    assert len({entry["user"]["id"] for entry in [*first.listed(), *second.listed()]}) == 6
    assert len({row.device_id for row in world.rows(DeviceSession)}) == 2


def test_who_is_signed_in_stays(visitor: Browser) -> None:
    """The three come beside the accounts that are there."""
    visitor.sign_up("ada")
    visitor.names()
    assert len(click(visitor)) == 4
    assert "ada" in visitor.names()


def test_nobody_is_signed_out_for_a_try(visitor: Browser, world: World) -> None:
    """Where three more have no room, nothing is done."""
    for name in ("ada", "bob", "eve"):
        visitor.sign_up(name)
        visitor.names()
    before = world.everything()
    answer = visitor.post(CLICK)
    assert (answer.status_code, answer.json()["code"]) == (403, "MAXIMUM_SESSIONS_REACHED")
    assert world.everything() == before


def test_lost_answer_leaves_the_visitor_signed_in(visitor: Browser, clock: Clock) -> None:
    """The old cookie still opens what it did, and a second click makes three people that are listed."""
    visitor.sign_up("ada")
    visitor.names()
    kept = visitor.copy()
    assert visitor.post(CLICK).status_code == 200
    assert kept.names() == ["ada"]
    clock.advance(seconds=11)
    assert len(click(kept)) == 4


def test_page_of_another_account_makes_nobody(visitor: Browser, world: World) -> None:
    """The page names the account that it shows, as the kit's own forms do."""
    visitor.sign_up("ada")
    visitor.names()
    answer = visitor.post(CLICK, {"sessionId": "another"})
    assert (answer.status_code, answer.json()["code"]) == (409, "SESSION_CHANGED")
    assert len(world.rows(User)) == 1


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_other_sites_cannot_click(visitor: Browser, world: World, origin: str) -> None:
    """Nor put anybody's browser into an account."""
    assert visitor.post(CLICK, headers={"Origin": origin}).status_code == 403
    assert visitor.ask("POST", CLICK, {"Origin": None, "Sec-Fetch-Site": "cross-site"}, json={}).status_code == 403
    assert visitor.ask("POST", CLICK, data={"a": "b"}).status_code == 415
    assert visitor.get(CLICK).status_code == 405
    assert world.rows(User) == []


def test_clicks_count_as_sign_ups(visitor: Browser, new_visitor: Callable[..., Browser], world: World) -> None:
    """One address makes no more than fifty people in an hour; what is refused is said, and nobody is half signed in."""
    for _ in range(16):
        assert new_visitor().post(CLICK).status_code == 200
    answer = visitor.post(CLICK)
    assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert int(answer.headers["retry-after"]) > 0
    assert "set-cookie" not in answer.headers
    assert visitor.active() is None
    assert len(world.rows(User)) == 50


def test_people_are_swept_after_a_day_with_everything_of_theirs(visitor: Browser, world: World, clock: Clock) -> None:
    """Notes, sessions and what their security page showed; who has signed up by hand stays, signed in."""
    visitor.sign_up("ada")
    visitor.names()
    click(visitor)
    clock.advance(hours=23, minutes=59)
    run(demo.sweep())
    assert len(visitor.names()) == 4
    clock.advance(minutes=1)
    run(demo.sweep())
    assert visitor.names() == ["ada"]
    (ada,) = world.rows(User)
    assert {row.user_id for row in world.rows(DeviceSession)} == {ada.id}
    assert {row.user_id for row in world.rows(SecurityEvent)} == {ada.id}
    assert notes(world) == []


def test_browser_where_nobody_is_left_is_swept_too(visitor: Browser, world: World, clock: Clock) -> None:
    """With its address and cookie: what comes with that one is a visitor like any other."""
    click(visitor)
    assert visitor.post("/multi-session/revoke-others").status_code == 200
    clock.advance(days=1)
    run(demo.sweep())
    assert [rows for rows in world.everything().values() if rows] == []
    assert visitor.names() == []
    assert len(click(visitor)) == 3


def test_click_in_the_moment_of_the_sweep_is_refused(
    visitor: Browser, multi_session: MultiSession, world: World, clock: Clock
) -> None:
    """Not an error of the server: the page is to be loaded anew."""
    click(visitor)
    # There is room for three more.
    for entry in visitor.listed()[1:]:
        visitor.post("/multi-session/revoke", {"sessionId": entry["id"]})
    device = run(multi_session.devices.find(visitor.secret_hash))
    clock.advance(days=1)
    run(demo.sweep())
    with pytest.raises(SessionChanged):
        run(demo.make_people(device, NOWHERE))
    assert world.rows(User) == []


def test_sweep_takes_whoever_is_overdue(new_visitor: Callable[..., Browser], world: World, clock: Clock) -> None:
    """And no one else."""
    click(new_visitor())
    clock.advance(hours=12)
    later = click(new_visitor())
    clock.advance(hours=12)
    run(demo.sweep())
    assert {person.name for person in world.rows(User)} == set(later)


@pytest.mark.standard("ASVS 6.3.2")
def test_demo_is_off_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """By 1, and nothing that looks like it."""
    monkeypatch.delenv("MULTISESSION_DEMO", raising=False)
    assert not demo.is_on()
    monkeypatch.setenv("MULTISESSION_DEMO", "1")
    assert demo.is_on()
    for wrong in ("", "true", "on"):
        monkeypatch.setenv("MULTISESSION_DEMO", wrong)
        with pytest.raises(OptionsError, match="must be '0' or '1'"):
            demo.is_on()


@pytest.mark.slow
def test_wrong_value_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a sentence, which comes last."""
    monkeypatch.setenv("MULTISESSION_DEMO", "yes")
    command = [sys.executable, "-c", "import multisession_app.multisession_app"]
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert answer.returncode == 1
    assert answer.stderr.strip().endswith("MULTISESSION_DEMO must be '0' or '1', not 'yes'.")

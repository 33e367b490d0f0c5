"""Each device, account and tab has a state tree of its own, and nobody can name another's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.state_trees import tree_token
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from tests.support.browser import Browser
from tests.support.handshakes import Handshake, Inside, call_socket
from tests.support.running import run
from tests.support.world import World

pytestmark = pytest.mark.sqlite


def tree(multi_session: MultiSession, visitor: Browser, tab: str = "tab", path: str = "/_event/") -> str:
    """Return the tree that a tab's socket is given."""
    seen = call_socket(multi_session, visitor, query=f"token={tab}&EIO=4&transport=websocket", path=path)
    assert seen is not None
    query = parse_qs(seen.scopes[-1]["query_string"].decode())
    assert query["EIO"] == ["4"]
    assert query["transport"] == ["websocket"]
    (token,) = query["token"]
    return token


def test_trees_differ_by_device_account_and_tab(multi_session: MultiSession, client: Callable[..., Browser]) -> None:
    """And the same three give the same one again: drafts are there after switching back."""
    one, other = client(), client()
    ada, _ = one.sign_up("ada"), one.sign_up("bob")
    other.sign_in("ada")
    trees = [tree(multi_session, one), tree(multi_session, one, "tab2"), tree(multi_session, other)]
    one.post("/multi-session/set-active", {"sessionId": ada})
    trees += [tree(multi_session, one), tree(multi_session, one, "tab2"), tree(multi_session, client())]
    assert len(set(trees)) == 6
    assert tree(multi_session, one) == trees[3]


def test_new_session_of_the_same_person_has_a_new_tree(multi_session: MultiSession, visitor: Browser) -> None:
    """What a session left behind does not wait for the next one."""
    visitor.sign_up("ada")
    before = tree(multi_session, visitor)
    visitor.sign_in("ada")
    assert tree(multi_session, visitor) != before


def test_tab_token_is_never_the_name_of_a_tree(multi_session: MultiSession, client: Callable[..., Browser]) -> None:
    """Who knows the name of a tree cannot open it by sending that as a token."""
    visitor = client()
    visitor.sign_up("ada")
    name = tree(multi_session, visitor)
    assert tree(multi_session, client(), name) != name
    assert tree(multi_session, visitor, name) != name
    assert tree(multi_session, client(), "tab") != "tab"


@pytest.mark.parametrize("path", ["/_event", "/_event/", "/_event/x", "/_event//", "/_event/../_event/"])
def test_every_path_to_the_socket_is_bound(
    multi_session: MultiSession, client: Callable[..., Browser], path: str
) -> None:
    """Reflex mounts its socket on the path and on all below it."""
    visitor = client()
    visitor.sign_up("ada")
    name = tree(multi_session, visitor)
    assert tree(multi_session, client(), name, path) != name
    assert tree(multi_session, visitor, path=path) == name


def test_session_shown_does_not_name_the_tree(multi_session: MultiSession, visitor: Browser) -> None:
    """It is what the tab says of itself, behind "~", and grants nothing."""
    ada, bob = visitor.sign_up("ada"), visitor.sign_up("bob")
    assert len({tree(multi_session, visitor, f"tab~{shown}") for shown in (ada, bob, "", "x")}) == 1
    assert tree(multi_session, visitor, f"tab~{ada}") == tree(multi_session, visitor)


@pytest.mark.parametrize("query", ["", "token=", "token=a&token=b", "token=%00%ff%C3%28", "token=" + "x" * 8_000])
def test_strange_token_gives_one_tree(multi_session: MultiSession, visitor: Browser, query: str) -> None:
    """Never none, never the raw one, never an error."""
    visitor.sign_up("ada")
    seen = call_socket(multi_session, visitor, query=query)
    assert seen is not None
    (token,) = parse_qs(seen.scopes[-1]["query_string"].decode())["token"]
    assert len(token) == 64


def test_upload_reaches_the_tree_of_its_socket(multi_session: MultiSession, visitor: Browser) -> None:
    """Uploads name the tab in a header."""
    visitor.sign_up("ada")
    inside = Inside()
    through = visitor.copy()
    through.app = DeviceMiddleware(inside, multi_session)
    assert through.post("//_upload", None, {"Reflex-Client-Token": "tab"}).status_code == 200
    assert inside.headers()["reflex-client-token"] == tree(multi_session, visitor)


def test_upload_of_a_stranger_reaches_another_tree(multi_session: MultiSession, client: Callable[..., Browser]) -> None:
    """A stolen tab token opens nothing, nor does the tree's own name."""
    visitor, thief = client(), client()
    visitor.sign_up("ada")
    name = tree(multi_session, visitor)
    inside = Inside()
    thief.app = DeviceMiddleware(inside, multi_session)
    for token in ("tab", name):
        assert thief.post("//_upload", None, {"Reflex-Client-Token": token}).status_code == 200
        assert inside.headers()["reflex-client-token"] not in {name, token}


def test_upload_that_was_meant_for_another_account_is_refused(multi_session: MultiSession, visitor: Browser) -> None:
    """The tab showed Ada, and Bob is active meanwhile."""
    ada, bob = visitor.sign_up("ada"), visitor.sign_up("bob")
    inside = Inside()
    visitor.app = DeviceMiddleware(inside, multi_session)
    answer = visitor.post("//_upload", None, {"Reflex-Client-Token": f"tab~{ada}"})
    assert (answer.status_code, answer.json()["code"]) == (409, "SESSION_CHANGED")
    assert inside.scopes == []
    assert visitor.post("//_upload", None, {"Reflex-Client-Token": f"tab~{bob}"}).status_code == 200
    assert visitor.post("//_upload", None, {"Reflex-Client-Token": "tab~"}).status_code == 409


def test_state_key_is_in_no_token(world: World) -> None:
    """Nor do two devices share one."""
    secret, _ = world.device_with("ada")
    device = world.device(secret)
    assert device.state_key not in tree_token(device, device.active_id, "tab")
    assert tree_token(device, device.active_id, "tab") != tree_token(None, device.active_id, "tab")
    assert tree_token(device, "", "tab") != tree_token(None, "", "tab"), "it holds whom the device remembers"


def test_switch_ends_the_socket_as_the_browser_would(multi_session: MultiSession, visitor: Browser) -> None:
    """Kicked: the inside is told that the browser left, with the code that makes it come back."""
    ada, _ = visitor.sign_up("ada"), visitor.sign_up("bob")
    assert visitor.active() == "bob"
    inside = Inside()

    async def go() -> None:
        handshake = Handshake(DeviceMiddleware(inside, multi_session), visitor)
        assert await handshake.open() == "websocket.accept"
        device = await multi_session.devices.find(visitor.secret_hash)
        assert device is not None
        await multi_session.device_sessions.set_active(device, ada)
        await handshake.ended()

    run(go())
    assert inside.ends == [{"type": "websocket.disconnect", "code": 1012}]
    assert multi_session.tabs.connections == {}


def test_two_sockets_at_once_are_two_connections(multi_session: MultiSession, visitor: Browser) -> None:
    """Two tabs of one browser."""
    visitor.sign_up("ada")
    inside = Inside()

    async def go() -> int:
        gate = DeviceMiddleware(inside, multi_session)
        tabs = [Handshake(gate, visitor, query=f"token={tab}&EIO=4") for tab in ("one", "two")]
        await asyncio.gather(*(tab.open() for tab in tabs))
        known = len({connection.tree for connection in multi_session.tabs.connections.values()})
        await asyncio.gather(*(tab.close() for tab in tabs))
        return known

    assert run(go()) == 2
    assert multi_session.tabs.connections == {}


def test_asking_with_a_newer_account_calls_only_ones_own_tab_back(
    multi_session: MultiSession, client: Callable[..., Browser]
) -> None:
    """A signed-out tab comes back after a sign-in; naming another device's tab closes nothing there."""
    visitor, thief = client(), client()
    signed_out = visitor.copy()
    visitor.sign_up("ada")
    thief.sign_up("eve")
    inside = Inside()
    gate = DeviceMiddleware(inside, multi_session)

    async def go() -> list[bool]:
        theirs = Handshake(gate, visitor, query="token=theirs&EIO=4")
        waiting = Handshake(gate, signed_out, query="token=waiting&EIO=4")
        elsewhere = Handshake(gate, client(), query="token=elsewhere&EIO=4")
        for tab in (theirs, waiting, elsewhere):
            await tab.open()
        thief.app = visitor.app = gate
        await asyncio.to_thread(thief.post, "//_upload", None, {"Reflex-Client-Token": "theirs"})
        await asyncio.to_thread(visitor.post, "//_upload", None, {"Reflex-Client-Token": "waiting"})
        await waiting.ended()
        are_open = [tab.task is not None and not tab.task.done() for tab in (theirs, elsewhere)]
        await theirs.close()
        await elsewhere.close()
        return are_open

    assert run(go()) == [True, True]

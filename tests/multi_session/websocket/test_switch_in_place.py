"""An open socket goes from one account to the next: the maps behind it stay true, and what cannot be reconnects."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import pytest
from reflex.app import EventNamespace

from multisession_app.multi_session import install
from multisession_app.multi_session.actions.tabs import HEADER
from multisession_app.multi_session.websocket.switch_in_place import missing_parts
from tests.support.browser import Browser
from tests.support.scenes import Namespace, Play, Scene, join

pytestmark = pytest.mark.sqlite

PARTS = [
    ("on_connect", ""),
    ("on_event", ""),
    ("on_disconnect", ""),
    ("emit_update", ""),
    ("_static_router_data", ""),
    ("link_token_to_sid", "_token_manager"),
    ("disconnect_token", "_token_manager"),
    ("sid_to_token", "_token_manager"),
    ("token_to_socket", "_token_manager"),
]


def test_reflex_has_all_that_is_needed() -> None:
    """The installed version; a newer one that has not reconnects, with a line in the log."""
    app: Any = SimpleNamespace()
    assert missing_parts(EventNamespace("/_event", app)) == []


@pytest.mark.parametrize(
    ("part", "owner", "broken"),
    # Of `on_disconnect` only that it can be called is asked: Reflex makes it an ordinary function.
    [
        (part, owner, broken)
        for part, owner in PARTS
        for broken in (None, "another shape", lambda: None)
        if part != "on_disconnect" or not callable(broken)
    ],
)
def test_a_missing_part_falls_back_to_reconnecting(
    part: str, owner: str, broken: object, caplog: pytest.LogCaptureFixture
) -> None:
    """Each in turn: gone, or something else. The log names it."""
    namespace: Any = EventNamespace("/_event", SimpleNamespace())  # type: ignore[arg-type]
    setattr(getattr(namespace, owner) if owner else namespace, part, broken)
    app: Any = SimpleNamespace(event_namespace=namespace, _state=None)
    with caplog.at_level(logging.WARNING):
        assert not install._can_switch_in_place(app)
    assert part in caplog.text


def test_a_switch_moves_the_socket_to_the_other_tree(play: Play, namespace: Namespace) -> None:
    """The same socket, linked to one tree; what handlers see of it is the new account; nothing was closed."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            before = connection.tree
            await scene.switch(visitor, ada)
            await scene.rest()
            assert (connection.session_id, connection.kicked.is_set()) == (ada, False)
            assert namespace._token_manager.sid_to_token == {"sid": connection.tree} != {"sid": before}
            assert namespace._static_router_data["sid"]["headers"][f"{HEADER}session"] == ada

    play(scene)


def test_quick_switches_end_on_the_newest_with_few_moves(play: Play, namespace: Namespace) -> None:
    """Asked twelve times, a tab goes to the first and then to the last."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor, "one") as one, scene.tab(visitor, "two") as two:
            for turn in range(12):
                await scene.switch(visitor, (ada, bob)[turn % 2])
            await scene.rest()
            assert (one.session_id, two.session_id) == (bob, bob)
            assert not one.kicked.is_set() and not two.kicked.is_set()

    play(scene)


def test_a_socket_with_a_replaced_secret_comes_back(play: Play) -> None:
    """Whoever cannot show the new cookie never gets to see what it opens."""

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor.copy()) as connection:
            await join(visitor, "cleo")
            await scene.rest(connection.kicked.is_set)
            assert connection.session_id == bob

    play(scene)


def test_a_move_is_no_part_of_the_handler_that_caused_it(
    play: Play, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reflex knows by the context what a handler has set going, and drops it if the handler is dropped."""
    cause: ContextVar[str] = ContextVar("cause", default="")
    causes: list[str] = []
    on_event = namespace.on_event

    async def noting(sid: str, data: Any) -> None:
        causes.append(cause.get())
        await on_event(sid, data)

    monkeypatch.setattr(namespace, "on_event", noting)

    async def scene(scene: Scene, visitor: Browser, ada: str, bob: str) -> None:
        async with scene.tab(visitor) as connection:
            cause.set("the handler")
            await scene.switch(visitor, ada)
            await scene.rest()
            assert connection.session_id == ada

    play(scene)
    assert set(causes) == {""}

"""The state trees of closed tabs: those without a device go within a minute, and none grow without end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import copy_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from redis.asyncio import Redis
from reflex.istate.manager.disk import StateManagerDisk
from reflex.istate.manager.memory import StateManagerMemory
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken
from reflex.state import State
from reflex.utils import prerequisites
from starlette.responses import PlainTextResponse

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.tabs import Connection
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from multisession_app.multi_session.options import TREE_WITHOUT_DEVICE_LIFE
from multisession_app.multi_session.websocket import closed_trees
from multisession_app.multi_session.websocket.closed_trees import ClosedTrees
from tests.support.browser import Browser
from tests.support.running import in_thread
from tests.support.scenes import Namespace
from tests.support.world import Clock

pytestmark = pytest.mark.sqlite

KINDS = ["memory", "disk", "redis"]


class Process:
    """The sockets and the states of one process."""

    def __init__(self, kit: MultiSession, namespace: Namespace, states: Any, folder: Path) -> None:
        """Watch for closed tabs."""
        self.kit, self.namespace, self.states, self._folder = kit, namespace, states, folder
        app: Any = SimpleNamespace(event_namespace=namespace, state_manager=states)
        self.closed = ClosedTrees(app, kit)

    async def visit(self, tab: str, visitor: Browser | None = None) -> str:
        """Open a tab, let something run in it, and close it; return the name of its tree."""
        tree = await self.open(tab, visitor)
        await self.close(tab)
        return tree

    async def open(self, tab: str, visitor: Browser | None = None) -> str:
        """Open a tab and let something run in it."""
        connection = Connection.of(tab)
        self.kit.tabs.add(connection)
        await self.kit.devices.bind(connection, visitor.secret_hash if visitor else None)
        await self.namespace._token_manager.link_token_to_sid(connection.tree, tab)
        await self.use(connection.tree)
        return connection.tree

    async def close(self, tab: str) -> None:
        """Close a tab."""
        if (unlinking := self.namespace.on_disconnect(tab)) is not None:
            await unlinking
        for connection in [*self.kit.tabs.connections.values()]:
            if connection.identity.tab == tab:
                self.kit.tabs.remove(connection)

    async def use(self, tree: str) -> None:
        """Let an event run on a tree."""
        async with self.states.modify_state(BaseStateToken(ident=tree, cls=State)) as root:
            root.is_hydrated = not root.is_hydrated

    async def trees(self) -> set[str]:
        """Return the names of all trees that are kept."""
        if isinstance(self.states, StateManagerRedis):
            await asyncio.gather(*self.states._local_leases.values(), return_exceptions=True)
            keys = await self.states.redis.keys("*_reflex___state____state*")
            return {key.decode().partition("_")[0] for key in keys}
        return set(self.states.states)

    async def files(self) -> int:
        """Count the files of all trees, once they are written."""
        while getattr(self.states, "_write_queue", None):
            await asyncio.sleep(0.01)
        return len([*self._folder.iterdir()])


@pytest.fixture
def play(
    multi_session: MultiSession, namespace: Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., None]:
    """Return what plays a scene in a process with states of a kind."""
    # Reflex knows its states by the context of the main thread.
    registry = copy_context()

    @asynccontextmanager
    async def process(kind: str, redis_url: str) -> AsyncIterator[Process]:
        monkeypatch.setattr(prerequisites, "get_states_dir", lambda: tmp_path / "states")
        managers: Any = {"memory": StateManagerMemory, "disk": StateManagerDisk, "redis": StateManagerRedis}
        options: dict[str, Any] = {"redis": Redis.from_url(redis_url)} if kind == "redis" else {}
        if kind == "disk":
            options = {"_write_debounce_seconds": 0.05}
        (tmp_path / "states").mkdir(exist_ok=True)
        states = managers[kind](**options)
        try:
            yield Process(multi_session, namespace, states, tmp_path / "states")
        finally:
            await states.close()

    def go(kind: str, scene: Callable[[Process], Any], redis_url: str = "") -> None:
        async def act() -> None:
            async with asyncio.timeout(30), process(kind, redis_url) as one:
                await scene(one)

        in_thread(registry.run, asyncio.run, act())

    return go


@pytest.mark.parametrize("kind", KINDS)
def test_anonymous_tabs_that_come_and_go_leave_nothing(
    play: Callable[..., None], clock: Clock, request: pytest.FixtureRequest, kind: str, times: Callable[[int], int]
) -> None:
    """In memory, on disk and in Redis, after a minute; until then the tab may come back."""

    async def scene(process: Process) -> None:
        trees = {await process.visit(f"tab{number}") for number in range(times(200))}
        await process.files()
        await process.closed.drop_due()
        assert await process.trees() >= trees
        clock.advance(minutes=1)
        await process.closed.drop_due()
        assert not await process.trees() & trees
        assert process.closed.kept() == 0
        locks = getattr(process.states, "_states_locks", None) or getattr(process.states, "_cached_states_locks", {})
        assert not trees & set(locks)
        assert await process.files() == 0

    play(kind, scene, request.getfixturevalue("redis_url") if kind == "redis" else "")


@pytest.mark.parametrize("kind", KINDS[:2])
def test_tab_that_has_come_back_keeps_its_state(play: Callable[..., None], clock: Clock, kind: str) -> None:
    """However long it was away before, if its state was still there; and its next close is counted anew."""

    async def scene(process: Process) -> None:
        tree = await process.visit("tab")
        clock.advance(seconds=TREE_WITHOUT_DEVICE_LIFE.total_seconds())
        await process.open("tab")
        clock.advance(minutes=1)
        await process.closed.drop_due()
        assert await process.trees() == {tree}
        await process.close("tab")
        clock.advance(minutes=1)
        await process.files()
        await process.closed.drop_due()
        assert await process.trees() == set()

    play(kind, scene)


def test_tree_on_which_something_runs_waits(play: Callable[..., None], clock: Clock) -> None:
    """A slow handler of a tab that has closed comes to its end."""

    async def scene(process: Process) -> None:
        tree = await process.visit("tab")
        clock.advance(minutes=1)
        async with process.states.modify_state(BaseStateToken(ident=tree, cls=State)):
            await process.closed.drop_due()
            assert await process.trees() == {tree}
        clock.advance(minutes=1)
        await process.closed.drop_due()
        assert await process.trees() == set()

    play("memory", scene)


def test_flood_of_closed_tabs_is_bounded_at_once(
    play: Callable[..., None], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that closed first go first."""
    monkeypatch.setattr(closed_trees, "CLOSED_TREES_WITHOUT_DEVICE", 3)

    async def scene(process: Process) -> None:
        trees = [await process.visit(f"tab{number}") for number in range(5)]
        await process.closed.drop_due()
        assert await process.trees() == set(trees[2:])

    play("memory", scene)


def test_device_keeps_the_trees_of_its_closed_tabs(
    play: Callable[..., None], visitor: Browser, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For as long as Reflex does, but no more of them than it may; another device's are its own."""
    monkeypatch.setattr(closed_trees, "CLOSED_TREES_OF_DEVICE", 2)
    visitor.sign_up("ada")

    async def scene(process: Process) -> None:
        trees = [await process.visit(f"tab{number}", visitor) for number in range(2)]
        clock.advance(minutes=1)
        await process.closed.drop_due()
        assert await process.trees() == set(trees)
        trees.append(await process.visit("tab2", visitor))
        await process.closed.drop_due()
        assert await process.trees() == set(trees[1:])
        clock.advance(hours=2)
        await process.closed.drop_due()
        assert process.closed.kept() == 0

    play("memory", scene)


def test_tree_of_a_duplicated_tab_goes_too(play: Callable[..., None], clock: Clock) -> None:
    """Reflex names it by itself, and no socket comes back to it."""

    async def scene(process: Process) -> None:
        tree = await process.open("tab")
        second = await process.namespace._token_manager.link_token_to_sid(tree, "second")
        assert second is not None
        await process.use(second)
        await process.close("second")
        clock.advance(minutes=1)
        await process.closed.drop_due()
        assert await process.trees() == {tree}

    play("memory", scene)


def test_upload_without_a_socket_leaves_nothing(
    play: Callable[..., None], multi_session: MultiSession, visitor: Browser, clock: Clock
) -> None:
    """It makes a tree under whatever name it bears."""

    async def scene(process: Process) -> None:
        async def inside(scope: Any, receive: Any, send: Any) -> None:
            token = dict(scope["headers"])[b"reflex-client-token"].decode()
            await process.use(token)
            await PlainTextResponse(token)(scope, receive, send)

        visitor.app = DeviceMiddleware(inside, multi_session)
        tree = (await visitor.send("POST", "//_upload", {"Reflex-Client-Token": "tab"})).text
        assert await process.trees() == {tree}
        clock.advance(minutes=1)
        await process.closed.drop_due()
        assert await process.trees() == set()

    play("memory", scene)

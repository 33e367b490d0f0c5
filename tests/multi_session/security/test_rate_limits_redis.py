"""Attempts that several processes count together in Redis, and what they do when it does not answer."""

from __future__ import annotations

import asyncio
import socket
import uuid
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import redis

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from multisession_app.multi_session.http.routes import api
from multisession_app.multi_session.security import password_queue
from multisession_app.multi_session.security.rate_limits import RateLimits
from tests.support.browser import PASSWORD, email_of
from tests.support.guesses import guess_at_once, post, wrong
from tests.support.running import run
from tests.support.server import free_port

pytestmark = pytest.mark.sqlite

ADA = {"name": "Ada", "email": email_of("ada"), "password": PASSWORD}
Processes = Callable[..., None]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all guesses wait for their turn: what is tested is how they are counted."""
    monkeypatch.setattr(password_queue, "PASSWORDS_WAITING_OF_DEVICE", 100)


@pytest.fixture
def prefix() -> str:
    """Return what the keys of this test begin with."""
    return f"test-{uuid.uuid4()}"


@pytest.fixture
def processes(kit_with: Callable[..., MultiSession], prefix: str) -> Processes:
    """Return what runs a test in one loop, with two processes of the app that count in one Redis."""

    def serve(url: str, test: Callable[[Any, Any], Awaitable[None]]) -> None:
        async def go() -> None:
            kits = [kit_with(), kit_with()]
            for kit in kits:
                kit.rate_limits = RateLimits(url, prefix=prefix)
            try:
                await test(*(DeviceMiddleware(api(), kit) for kit in kits))
            finally:
                for kit in kits:
                    await kit.rate_limits.close()

        run(go())

    return serve


@pytest.fixture
def deaf() -> Iterator[str]:
    """Return the address of a Redis that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}"


def test_processes_count_together(redis_url: str, processes: Processes) -> None:
    """Ten failures in all, those at the same time too; the right password is not counted by either."""

    async def test(one: Any, other: Any) -> None:
        assert await post(one, "/sign-up/email", ADA) == 200
        assert await guess_at_once(one, other, name="ada", times=6) == [401] * 6
        assert [await post(app, "/sign-in/email", ADA) for app in (one, other) * 3] == [200] * 6
        answers = await guess_at_once(one, other, name="ada", times=40)
        assert (answers.count(401), answers.count(429)) == (4, 36)
        assert [await post(app, "/sign-in/email", ADA) for app in (one, other)] == [429] * 2

    processes(redis_url, test)


def test_redis_holds_no_email_and_nothing_for_ever(redis_url: str, processes: Processes, prefix: str) -> None:
    """Keys are hashes, and each goes when its window is over."""

    async def test(one: Any, other: Any) -> None:
        await post(one, "/sign-up/email", ADA)
        await guess_at_once(one, other, name="ada", times=12)

    processes(redis_url, test)
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        keys = {key: client.ttl(key) for key in client.scan_iter(f"{prefix}:*")}
    assert not [key for key in keys if "ada" in key or "192.0.2" in key]
    assert sorted((ttl + 59) // 60 for ttl in keys.values()) == [15, 60, 60, 60, 1440]


def test_without_redis_each_process_counts_by_itself(processes: Processes, caplog: pytest.LogCaptureFixture) -> None:
    """People sign in as before, nobody may guess for ever, and the log says what is wrong."""

    async def test(one: Any, other: Any) -> None:
        assert await post(one, "/sign-up/email", ADA) == 200
        assert await post(one, "/sign-in/email", ADA) == 200
        assert [await post(one, "/sign-in/email", wrong("ada")) for _ in range(11)] == [401] * 10 + [429]
        assert await post(one, "/sign-in/email", ADA) == 429
        assert await post(other, "/sign-in/email", ADA) == 200

    processes(f"redis://127.0.0.1:{free_port()}", test)
    assert "Redis does not answer" in caplog.text


@pytest.mark.slow
def test_a_redis_that_hangs_holds_nobody_up_for_long(deaf: str, processes: Processes) -> None:
    """Nor the others, who do not sign in."""

    async def test(one: Any, other: Any) -> None:
        async with asyncio.timeout(5):
            signing_up = asyncio.create_task(post(one, "/sign-up/email", ADA))
            async with asyncio.timeout(0.5):
                assert await post(one, "/sign-out", {}) == 200
            assert await signing_up == 200

    processes(deaf, test)


def test_counting_goes_on_when_redis_is_back(redis_url: str, processes: Processes) -> None:
    """A restart of Redis closes the connections that were open."""

    async def test(one: Any, other: Any) -> None:
        assert await guess_at_once(one, name="ada", times=10) == [401] * 10
        with redis.Redis.from_url(redis_url) as client:
            client.client_kill_filter(_type="normal", skipme=True)
        assert await guess_at_once(other, one, name="ada", times=2) == [429] * 2

    processes(redis_url, test)

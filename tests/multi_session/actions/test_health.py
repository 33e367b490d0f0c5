"""What a process says of itself to whoever watches it."""

from __future__ import annotations

from typing import Any

import pytest
from redis import Redis

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.actions.pubsub import PubSub
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from multisession_app.multi_session.http.routes import api
from multisession_app.multi_session.options import Options
from tests.support.browser import Browser
from tests.support.running import run
from tests.support.server import HOST, free_port


def ready(database: Database, pubsub: PubSub | None = None) -> tuple[int, Any]:
    """Return status and body of the answer."""
    kit = MultiSession(options=Options(), database=database, pubsub=pubsub or PubSub())

    async def ask() -> tuple[int, Any]:
        answer = await Browser(DeviceMiddleware(api(), kit)).send("GET", "/ready")
        await kit.pubsub.close()
        return answer.status_code, answer.json()

    return run(ask())


def test_ready_when_the_database_answers(database: Database) -> None:
    """Without Redis there is nothing else to wait for."""
    assert ready(database) == (200, {"ok": True, "database": "up", "redis": "unused"})


def test_database_that_is_gone_is_named() -> None:
    """By its part, not by its address."""
    gone = Database(f"postgresql+psycopg://nobody:hunter2@{HOST}:{free_port()}/app")
    assert ready(gone) == (503, {"ok": False, "database": "down", "redis": "unused"})


@pytest.mark.sqlite
def test_redis_is_named(database: Database, redis_url: str) -> None:
    """Up or down; with the database up in both."""
    assert ready(database, PubSub(redis_url)) == (200, {"ok": True, "database": "up", "redis": "up"})
    gone = PubSub(f"redis://{HOST}:{free_port()}")
    assert ready(database, gone) == (503, {"ok": False, "database": "up", "redis": "down"})


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("refuse", "mend"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
        (("REPLICAOF", HOST, "1"), ("REPLICAOF", "NO", "ONE")),
    ],
    ids=["full", "replica"],
)
def test_redis_that_takes_no_writes_is_down(
    database: Database, redis_url: str, refuse: tuple[str, ...], mend: tuple[str, ...]
) -> None:
    """It answers PING, but no tab and no sign-in gets on with it."""
    with Redis.from_url(redis_url) as client:
        try:
            client.execute_command(*refuse)
            assert ready(database, PubSub(redis_url)) == (503, {"ok": False, "database": "up", "redis": "down"})
        finally:
            client.execute_command(*mend)
        assert ready(database, PubSub(redis_url)) == (200, {"ok": True, "database": "up", "redis": "up"})


def test_watching_costs_no_cookie_and_no_caches(visitor: Browser) -> None:
    """Nor does it need an Origin, which no probe sends."""
    answer = visitor.get("/ready")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"

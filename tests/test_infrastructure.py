"""The tools the tests stand on, and what must not slip into the repository."""

import asyncio
from pathlib import Path

import pytest
import redis

from tests.support.running import run

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["reflex.lock/bun.lock", "tests/better_auth/bun.lock", "tests/browser/bun.lock"])
def test_lock_file_names_no_host(name: str) -> None:
    """A lock made behind a mirror would hold the mirror's address, which other machines cannot reach."""
    assert "://" not in (ROOT / name).read_text()


def test_coroutines_run_beside_the_browser() -> None:
    """A coroutine runs whether or not Playwright's loop runs in this thread."""

    async def answer() -> int:
        await asyncio.sleep(0)
        return 42

    assert run(answer()) == 42


def test_redis_answers(redis_url: str) -> None:
    """The Redis of the tests stores a value."""
    with redis.Redis.from_url(redis_url) as client:
        client.set("key", "value")
        assert client.get("key") == b"value"


def test_passwords_are_hashed_without_warnings() -> None:
    """Warnings are errors here, except the two that passlib gives."""
    from passlib.context import CryptContext

    context = CryptContext(schemes=["argon2"])
    assert context.verify("a password", context.hash("a password"))

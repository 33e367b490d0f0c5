"""What tests of every kind share."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, TypeVar

import pytest

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, in a thread with an event loop of its own.

    Playwright's synchronous API leaves a running loop in the main thread, where asyncio.run would then refuse to start.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def until(look: Callable[[], T], what: str, seconds: float = 10) -> T:
    """Ask again and again until the answer is truthy, and give it back; fail with `what` when the time is over."""
    deadline = time.monotonic() + seconds
    while not (answer := look()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s for {what}")
        time.sleep(0.05)
    return answer


def missing(reason: str) -> NoReturn:
    """Give up on something this machine does not have: a skip for a person, a failure in CI, which must run it all."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)

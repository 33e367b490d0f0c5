"""What tests of every kind share."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import Any, NoReturn, TypeVar

import pytest

T = TypeVar("T")
LOOP = "the tests' event loop"


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, and cancel what it has left running, in an event loop of another thread.

    Playwright's synchronous API leaves a running loop in the main thread, where asyncio.run would then refuse to start.
    The loop is one for all: the threads that anyio starts for a database live as long as their loop. Only a coroutine
    that itself comes to such a call gets another one.
    """
    if threading.current_thread().name != LOOP:
        return asyncio.run_coroutine_threadsafe(_alone(coroutine), _loop()).result()
    return in_thread(asyncio.run, coroutine)


def in_thread(call: Callable[..., T], *given: object) -> T:
    """Call what begins an event loop of its own, in a thread where none is running (see `run`), in this context."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(copy_context().run, call, *given).result()


async def _alone(coroutine: Coroutine[Any, Any, T]) -> T:
    before = asyncio.all_tasks()
    try:
        return await coroutine
    finally:
        left = asyncio.all_tasks() - before
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    started: Future[asyncio.AbstractEventLoop] = Future()

    async def stay() -> None:
        started.set_result(asyncio.get_running_loop())
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(stay()), name=LOOP, daemon=True).start()
    return started.result()


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

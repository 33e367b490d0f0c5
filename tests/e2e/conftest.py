"""The server under test, its browser, and what both said when a test failed."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.e2e import chromium
from tests.e2e.devices import Device
from tests.e2e.server import Server

# What each server had logged when the current test began, to show a failed test its own part of the log.
_seen: dict[Server, int] = {}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the app as its users get it, on a free port, with an empty database."""
    server = Server(tmp_path_factory.mktemp("server"))
    _seen[server] = 0
    try:
        server.start()
        yield server
    finally:
        server.stop()
        del _seen[server]


@pytest.fixture(scope="session")
def base_url(server: Server) -> str:
    """Let a page open "/": pytest-playwright resolves addresses against this."""
    return server.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Give pytest-playwright the machine's Chromium; its `page`, `context` and `new_context` then use it."""
    path = chromium.executable()
    return browser_type_launch_args | ({"executable_path": str(path)} if path else {})


@pytest.fixture
def new_device(base_url: str) -> Iterator[Callable[[], Device]]:
    """Make cookie jars for tests without a browser, each a device of its own."""
    with ExitStack() as closing:

        def make() -> Device:
            device = Device(base_url)
            closing.callback(device.http.close)
            return device

        yield make


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failed test what the server printed meanwhile."""
    report = yield
    for server, start in _seen.items():
        if report.failed and (said := server.log[start:]):
            report.sections.append((f"log of {server.url}", said[-4000:]))
        if call.when == "teardown":
            _seen[server] = len(server.log)
    return report

"""The server under test, its browser, and what both said when a test failed."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Error, expect

from tests.support import chromium
from tests.support.better_auth import AuthClient
from tests.support.devices import Device
from tests.support.server import SEEN, Server

# Twice Playwright's own patience: a machine that does other things too, such as another worker's tests, is slower, and
# a socket that could not come back tries again after up to five seconds.
expect.set_options(timeout=10_000)

REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (violation) =>
  reportViolation(`${violation.effectiveDirective} ${violation.blockedURI} on ${violation.documentURI}`))"""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that makes the README's pictures anew."""
    parser.addoption("--pictures", action="store_true", help="make the README's pictures anew (test_pictures.py)")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the app as its users get it, on a free port, with an empty database."""
    server = Server(tmp_path_factory.mktemp("server"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def base_url(server: Server) -> str:
    """Let a page open "/": pytest-playwright resolves addresses against this."""
    return server.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Give pytest-playwright the machine's Chromium; its `page`, `context` and `new_context` then use it."""
    path = chromium.executable()
    # Where a machine has no GPU, Chromium emulates one: a tenth of the processor time of all these tests.
    launch_args = browser_type_launch_args | {"args": ["--disable-gpu"]}
    return launch_args | ({"executable_path": str(path)} if path else {})


@pytest.fixture(autouse=True)
def violations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Fail every test on whose pages, in whichever context, the Content-Security-Policy refused something."""
    heard: list[str] = []

    def listening(make: Callable[..., BrowserContext]) -> Callable[..., BrowserContext]:
        def make_and_listen(*args: Any, **options: Any) -> BrowserContext:
            context = make(*args, **options)
            context.expose_binding("reportViolation", lambda source, text: heard.append(text))
            context.add_init_script(REPORT_VIOLATIONS)
            return context

        return make_and_listen

    close = BrowserContext.close

    def hear_and_close(context: BrowserContext, **options: Any) -> None:
        for page in context.pages:
            # What the page has said before it answers has been heard; one that has crashed says nothing more.
            with suppress(Error):
                page.evaluate("0")
        close(context, **options)

    monkeypatch.setattr(Browser, "new_context", listening(Browser.new_context))
    monkeypatch.setattr(BrowserType, "launch_persistent_context", listening(BrowserType.launch_persistent_context))
    monkeypatch.setattr(BrowserContext, "close", hear_and_close)
    yield heard
    assert heard == []


@pytest.fixture
def new_device(base_url: str) -> Callable[[], Device]:
    """Make cookie jars for tests without a browser, each a device of its own."""
    return lambda: Device(base_url)


@pytest.fixture
def new_client(base_url: str) -> Iterator[Callable[[], AuthClient]]:
    """Start Better Auth's JavaScript clients, each a device of its own."""
    with ExitStack() as closing:

        def make() -> AuthClient:
            client = AuthClient(base_url)
            closing.callback(client.close)
            return client

        yield make


@pytest.fixture
def client(new_client: Callable[[], AuthClient]) -> AuthClient:
    """Start one of Better Auth's JavaScript clients."""
    return new_client()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failed test what the servers printed meanwhile."""
    report = yield
    for server, start in SEEN.items():
        if report.failed and (said := server.log[start:]):
            report.sections.append((f"log of {server.url}", said[-4000:]))
        if call.when == "teardown":
            SEEN[server] = len(server.log)
    return report

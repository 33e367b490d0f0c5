"""A database or a Redis that hangs or is gone: whoever clicks is told at once, and later all works by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url
from websockets import ConnectionClosed, InvalidStatus

from multisession_app.multi_session.localization import Localization
from tests.support.cut_line import CutLine
from tests.support.devices import KIT, NOTES, Device, Tab, value
from tests.support.running import until
from tests.support.server import Server, free_port

ANSWERED = 2.0
"""Within so many seconds a person is to be told."""


@pytest.fixture
def line(request: pytest.FixtureRequest) -> Iterator[CutLine]:
    """Open the line to a part of the app."""
    address = request.getfixturevalue("redis_url" if request.param == "redis" else "postgres")
    url = make_url(address if request.param == "redis" else address.create())
    line = CutLine(free_port(), url.port or 0)
    with line.open():
        line.url = url.set(port=line.port).render_as_string(hide_password=False)
        yield line


@pytest.fixture
def app(line: CutLine, server: Server, tmp_path: Path) -> Iterator[Server]:
    """Serve the app with that part at the end of the line."""
    name = "REFLEX_REDIS_URL" if line.url.startswith("redis") else "REFLEX_DB_URL"
    app = Server(tmp_path, {name: line.url, "GRANIAN_WORKERS": "1"}, built_by=server)
    app.start()
    yield app
    app.stop()


def told(tab: Tab) -> Any:
    """Return what the tab says."""
    return value(tab.variables, KIT, "notice")


def click(tab: Tab, text: str) -> None:
    """Do something for which the account is looked up."""
    tab.send(f"{NOTES}.set_draft", {"text": text})


@pytest.mark.parametrize("line", ["postgresql", "redis"], indirect=True)
def test_click_is_answered_in_words_once_and_all_works_again_by_itself(app: Server, line: CutLine) -> None:
    """In the open tab, and in a new one; ten seconds of it write no more than some lines."""
    device = Device(app.url)
    device.join("Ada", "Grace")
    with device.tab() as tab:
        tab.write_draft("before")
        for away in (line.hang, line.cut):
            written = len(app.log)
            away()
            for _ in range(10):
                click(tab, "lost")
            began = time.monotonic()
            tab.wait_for(lambda seen: value(seen, KIT, "notice"), "an answer in words", ANSWERED)
            assert told(tab) == Localization().unavailable
            # Each of the ten clicks is answered by now, and none by another event, which would fail in its turn.
            tab.read_for(max(0, began + ANSWERED - time.monotonic()))
            tab.variables[KIT].clear()
            assert tab.read_for(1) == []
            assert len(app.log) - written < 3000
            line.mend()
            _until_it_works(tab, f"after {away.__name__}")
            tab.send(f"{KIT}.dismiss_notice")
            tab.wait_for(lambda seen: value(seen, KIT, "notice") == "", "the notice to go")
            with device.tab() as other:
                other.write_draft("in another tab")


def _until_it_works(tab: Tab, text: str) -> None:
    def works() -> bool:
        click(tab, text)
        try:
            tab.wait_for(lambda seen: value(seen, NOTES, "draft") == text, "the draft", 0.5)
        except TimeoutError:
            return False
        return True

    until(works, "the tab to work again", seconds=5)


@pytest.mark.parametrize("line", ["postgresql", "redis"], indirect=True)
def test_tab_that_was_arriving_comes_back(app: Server, line: CutLine) -> None:
    """What would have lifted its fence is lost: it would stay deaf for ever."""
    device = Device(app.url)
    device.join("Ada")
    with device.tab(settles=False) as tab:
        line.cut()
        with suppress(ConnectionClosed):
            tab.settle()
        tab.wait_closed()
    line.mend()
    until(lambda: _opens(device), "a new tab")


def _opens(device: Device) -> bool:
    try:
        with device.tab() as tab:
            tab.write_draft("back")
    except (InvalidStatus, ConnectionClosed):
        return False
    return True


@pytest.mark.parametrize("line", ["postgresql"], indirect=True)
def test_request_is_answered_within_two_seconds(app: Server, line: CutLine) -> None:
    """And whoever watches hears of it."""
    device = Device(app.url)
    device.join("Ada")
    line.hang()
    for path in ("/get-session", "/ok"):
        began = time.monotonic()
        answer = device.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "DATABASE_UNAVAILABLE")
        assert time.monotonic() - began < ANSWERED
    line.mend()
    until(lambda: device.get("/ok").status_code == 200, "the database to be back")
    assert device.active() == "Ada"

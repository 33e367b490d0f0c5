"""Each record of the log is one short line that begins with what the server wrote, whatever a stranger has sent."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from reflex_base.utils import log
from rich.console import Console

from multisession_app.multi_session.errors import InvalidCredentials, NotFound
from multisession_app.multi_session.log_lines import OneLine, keep_to_one_line, refused
from multisession_app.multi_session.options import (
    LOG_LINE_MAX,
    LOG_REFUSALS,
    LOG_REFUSALS_IN_ALL,
    LOG_REPEATS,
    LOG_REPEATS_WINDOW,
)

Log = Callable[..., list[str]]


@pytest.fixture
def written() -> io.StringIO:
    """Return what stands in the log."""
    return io.StringIO()


@pytest.fixture
def handler(written: io.StringIO) -> logging.Handler:
    """Return a handler that is kept to one line."""
    handler = logging.StreamHandler(written)
    handler.emit = OneLine(handler.emit)  # type: ignore[method-assign]
    return handler


@pytest.fixture
def write(handler: logging.Handler, written: io.StringIO) -> Log:
    """Return what logs something, and gives back the lines of the log."""

    def write(text: str, *args: object, name: str = "reflex", level: int = logging.ERROR, **more: Any) -> list[str]:
        record = logging.LogRecord(name, level, __file__, 1, text, args, more.get("exc_info"))
        record.__dict__.update(more.get("extra", {}))
        handler.handle(record)
        return written.getvalue().split("\n")[:-1]

    return write


def caught(error: Exception) -> tuple[Any, ...]:
    """Raise an error, and return it as a record has it."""
    try:
        raise error
    except Exception as raised:
        return (type(raised), raised, raised.__traceback__)


@pytest.mark.standard("ASVS 16.4.1")
@pytest.mark.parametrize(
    "sign", ["\n", "\r", "\x1b[2J", "\x85", "\u2028", "\u202e", "\0", "\ud800", "\u200b", "\xa0" * 80]
)
def test_odd_sign_is_spelt(write: Log, sign: str) -> None:
    """One that begins a line in the file or on a terminal, turns it around, or hides in it."""
    [line] = write("Refused %s", f"a{sign}signed_in: user")
    assert line.startswith("Refused a\\")
    assert line.isprintable()


def test_spaces_do_not_push_text_to_the_next_line_of_a_terminal(write: Log) -> None:
    """Nor do those at an end."""
    assert write(" Refused %s ", "a" + " " * 300 + "signed_in") == ["Refused a signed_in"]


def test_long_text_is_cut(write: Log) -> None:
    """With its length, since that may be the point."""
    [line] = write("Refused %s", "x" * 900_000)
    assert len(line) < LOG_LINE_MAX + 50
    assert line.endswith("x... (900008 characters)")


def test_error_is_told_on_the_same_line(write: Log) -> None:
    """With its place and what it comes from, since nothing else says where to look."""
    inner = ValueError("first\nsigned_in: user")
    error = caught(KeyError("x" * 900_000))
    error[1].__cause__ = caught(inner)[1]
    [line] = write("An event failed.", exc_info=error)
    assert line.startswith("An event failed.: KeyError: 'xxx")
    assert f"[multi_session/{__name__.rpartition('.')[2]}.py:" in line
    assert ": ValueError: first\\nsigned_in: user [" in line
    assert len(line) < 2 * LOG_LINE_MAX


def test_same_error_a_thousand_times_is_told_a_few_times(write: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one is told at once; and the next window says how many were left out."""
    errors = caught(ValueError("a")), caught(ValueError("b"))
    for _ in range(1000):
        lines = write("An event failed.", name="my_app", exc_info=errors[0])
    assert len(lines) == LOG_REPEATS
    assert lines[-1].endswith(" (further ones of this minute are left out)")
    assert len(write("An event failed.", name="my_app", exc_info=caught(KeyError("b")))) == LOG_REPEATS + 1
    later = time.monotonic() + LOG_REPEATS_WINDOW.total_seconds()
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert write("An event failed.", name="my_app", exc_info=errors[0])[-1].endswith(" (990 more were left out)")


def test_warnings_of_libraries_are_few_and_those_of_an_app_are_all_there(write: Log) -> None:
    """A packet makes Reflex log a warning; a sign-in makes the kit log one, and none may be missing."""
    for _ in range(50):
        write("Received event data as a string.", name="reflex.app", level=logging.WARNING)
        lines = write("signed_in", name="my_app.multi_session", level=logging.INFO)
    assert lines.count("signed_in") == 50
    assert len(lines) == 50 + LOG_REPEATS


def test_refusals_of_one_address_are_told_so_often_and_then_counted(
    write: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another code and another address are told at once; and the next window says how many were left out."""
    for _ in range(1000):
        lines = write("Refused", name="kit", extra=refused(NotFound.code, "192.0.2.1"))
    assert len(lines) == LOG_REFUSALS
    assert lines[-1].endswith(" (further ones of this minute are left out)")
    assert write("Refused", name="kit", extra=refused("OTHER", "192.0.2.1"))[-1] == "Refused"
    assert write("Refused", name="kit", extra=refused(NotFound.code, "192.0.2.2"))[-1].endswith(
        f" ({1000 - LOG_REFUSALS} more were left out)"
    )
    later = time.monotonic() + LOG_REPEATS_WINDOW.total_seconds()
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert write("Refused", name="kit", extra=refused(NotFound.code, "192.0.2.1"))[-1] == "Refused"


def test_refusals_of_many_addresses_are_few_and_hide_no_wrong_password(write: Log, handler: logging.Handler) -> None:
    """Whatever they are refused for, and whatever memory it would take to count each."""
    for number in range(5000):
        lines = write("Refused", name="kit", extra=refused(f"CODE_{number % 20}", f"192.0.2.{number}"))
    assert len(lines) == LOG_REFUSALS_IN_ALL
    for number in range(5000):
        lines = write("wrong", name="kit", extra=refused(InvalidCredentials.code, f"192.0.2.{number}"))
    assert len(lines) == 2 * LOG_REFUSALS_IN_ALL
    assert lines.count("wrong") == LOG_REFUSALS_IN_ALL - 1
    counted: Any = handler.emit
    assert len(counted._repeats._told) < 2 * LOG_REFUSALS_IN_ALL + 10
    assert len(counted._repeats._left_out) < 30


def test_reflex_breaks_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does at 80 characters where no terminal is, at a space that a stranger has put there."""
    written, handler = io.StringIO(), log.RichConsoleHandler()
    monkeypatch.setattr(log, "_console", Console(file=written, width=80))
    handler.emit = OneLine(handler.emit)  # type: ignore[method-assign]
    text = "Refused " + "x" * 70 + " signed_in: user [bold]:smile:[/bold] " + "y" * 100
    handler.handle(logging.LogRecord("kit", logging.INFO, __file__, 1, text, (), None))
    assert written.getvalue() == f"Info: {text}\n"


def test_handlers_that_write_text_are_kept_to_it_and_others_are_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """What sends errors to a service needs them whole."""
    text, other = logging.StreamHandler(io.StringIO()), logging.NullHandler()
    logger = logging.getLogger("test_handlers")
    monkeypatch.setattr(logger, "handlers", [text, other])
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging, "lastResort", None)
    monkeypatch.setattr(logging.root.manager, "loggerDict", {"test_handlers": logger})
    for _ in range(2):
        keep_to_one_line()
    assert isinstance(text.emit, OneLine)
    assert not isinstance(text.emit._emit, OneLine)
    assert not isinstance(other.emit, OneLine)

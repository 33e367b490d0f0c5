"""Makes each record of the log one short line that begins with what the server's own code wrote.

Reflex 0.10.1, python-socketio and asyncio log what strangers send, whole: an unknown event with its payload, an error
that a browser claims to have had. A line break or an odd sign in it could forge a line, many of them could fill a disk.
"""

from __future__ import annotations

import copy
import logging
import re
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

from .errors import InvalidCredentials, InvalidPassword
from .options import LOG_LINE_MAX, LOG_REFUSALS, LOG_REFUSALS_IN_ALL, LOG_REPEATS, LOG_REPEATS_WINDOW

# They log what a packet makes them do. What an app logs by itself is not counted.
_LIBRARIES = {"reflex", "reflex_base", "socketio", "engineio", "asyncio", "_granian"}
_PASSWORDS = {InvalidCredentials.code, InvalidPassword.code}
_FRAMES = 12
_CAUSES = 3


def refused(code: str, whose: str) -> dict[str, Any]:
    """Return the `extra` of a record about what a stranger did: its code, and the address or device to count it for."""
    return {"refused": (code, whose)}


def keep_to_one_line() -> None:
    """Do so in each handler that is there now and writes text; what sends records elsewhere, as Sentry's, is let be."""
    loggers = [logging.root, *logging.root.manager.loggerDict.values()]
    found = {handler for logger in loggers for handler in getattr(logger, "handlers", ())}
    if logging.lastResort is not None:
        found.add(logging.lastResort)
    for handler in found:
        is_reflexs = type(handler).__module__ == "reflex_base.utils.log"
        if (is_reflexs or isinstance(handler, logging.StreamHandler)) and not isinstance(handler.emit, OneLine):
            handler.emit = OneLine(handler.emit)


class OneLine:
    """Passes records on to a handler's `emit`, each as one line, and what repeats only now and then."""

    def __init__(self, emit: Callable[[logging.LogRecord], None]) -> None:
        """Begin without repeats."""
        self._emit = emit
        self._repeats = _Repeats()

    def __call__(self, record: logging.LogRecord) -> None:
        """Write a record, or count it."""
        error = record.exc_info[1] if record.exc_info else None
        note = self._note(record, error)
        if note is None:
            return
        line = copy.copy(record)
        text = record.getMessage()
        line.msg = printable(text) + "".join(f": {told}" for told in _told(error)) + note
        line.args, line.exc_info, line.exc_text, line.stack_info = None, None, None, None
        if len(text) > LOG_LINE_MAX:
            # The cut may have parted a pair of marks.
            line.__dict__["rich"] = False
        # Rich would break lines at 80 characters, so that a word of a stranger's begins one.
        line.__dict__["rich_kwargs"] = {**getattr(record, "rich_kwargs", {}), "soft_wrap": True, "emoji": False}
        self._emit(line)

    def _note(self, record: logging.LogRecord, error: BaseException | None) -> str | None:
        """Return what to say of repeats, None if this is one too many."""
        if (refusal := getattr(record, "refused", None)) is not None:
            code, whose = refusal
            of_code = record.name, record.lineno, code
            # Wrong passwords apart, so that no other refusal takes their place.
            in_all = code in _PASSWORDS, LOG_REFUSALS_IN_ALL
            return self._repeats.note(of_code, ((of_code, whose), LOG_REFUSALS), in_all)
        is_librarys = record.levelno >= logging.WARNING and record.name.partition(".")[0] in _LIBRARIES
        if error is None and not is_librarys:
            return ""
        place = (record.name, record.lineno, type(error), *_places(error)[:1])
        return self._repeats.note(place, (place, LOG_REPEATS))


class _Repeats:
    """Counts what repeats. It keeps no more than the places in the code, and what it lets be told in a window."""

    def __init__(self) -> None:
        self._since = 0.0
        self._told: Counter[object] = Counter()
        # By place, until a later record of it says so.
        self._left_out: Counter[object] = Counter()

    def note(self, place: object, *limits: tuple[object, int]) -> str | None:
        """Return what to say of repeats at a place, None for one too many; a limit is a key, and how often at most."""
        now = time.monotonic()
        if now - self._since >= LOG_REPEATS_WINDOW.total_seconds():
            self._since = now
            self._told.clear()
        rest = min(most - self._told[key] for key, most in limits)
        if rest <= 0:
            self._left_out[place] += 1
            return None
        self._told.update(key for key, _ in limits)
        left_out = self._left_out.pop(place, 0)
        earlier = f" ({left_out} more were left out)" if left_out else ""
        return earlier + (" (further ones of this minute are left out)" if rest == 1 else "")


def printable(text: str) -> str:
    """Return text of a stranger as it can stand in a line: cut, and what is no letter, sign or single space spelt."""
    more = f"... ({len(text)} characters)" if len(text) > LOG_LINE_MAX else ""
    spelt = "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text[:LOG_LINE_MAX].strip()
    )
    return re.sub(" {2,}", " ", spelt) + more


def _told(error: BaseException | None) -> Iterator[str]:
    for _ in range(_CAUSES):
        if error is None:
            return
        places = " < ".join(_places(error)[:_FRAMES])
        yield f"{type(error).__name__}: {printable(str(error))} [{places}]"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(error: BaseException | None) -> list[str]:
    """Return where an error was raised, the innermost place first."""
    frames = traceback.walk_tb(error.__traceback__ if error else None)
    found = [("/".join(PurePath(frame.f_code.co_filename).parts[-2:]), line) for frame, line in frames]
    return [f"{path}:{line}" for path, line in reversed(found)]

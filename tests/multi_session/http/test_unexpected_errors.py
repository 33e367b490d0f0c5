"""What is answered, and logged, when the app itself is at fault, and when a client goes in the middle of a body."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import Any

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from tests.support.browser import Browser
from tests.support.running import run

pytestmark = pytest.mark.sqlite

Fail = Callable[..., Any]


async def fail(*words: object, **more: object) -> None:
    """Raise what nobody expects."""
    raise LookupError("SELECT hunter2 FROM somewhere")


async def fail_late(scope: Any, receive: Any, send: Any) -> None:
    """Raise it in the middle of an answer."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await fail()


async def give_up(*words: object) -> None:
    """Be cancelled."""
    raise asyncio.CancelledError


@pytest.mark.standard("ASVS 16.5.1")
def test_unexpected_error_tells_nothing_of_its_cause(
    visitor: Browser, multi_session: MultiSession, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No trace, no statement, no value, but a code; the log has the error; and the next request is answered."""
    visitor.sign_up("ada")
    with monkeypatch.context() as broken:
        broken.setattr(multi_session.devices, "find", fail)
        answer = visitor.get("/get-session")
    assert answer.status_code == 500
    assert answer.json() == {"code": "INTERNAL_SERVER_ERROR", "message": "Something went wrong. Try again."}
    assert answer.headers["Cache-Control"] == "no-store"
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert record.exc_info[0] is LookupError
    assert visitor.active() == "ada"


def test_unexpected_error_of_the_app_is_answered_with_the_security_headers(
    visitor: Browser, multi_session: MultiSession, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nothing inside has answered."""
    visitor.app = DeviceMiddleware(fail, multi_session)
    answer = visitor.get("//page")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_SERVER_ERROR")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [LookupError]


@pytest.mark.parametrize(("app", "error"), [(fail_late, LookupError), (give_up, CancelledError)])
def test_answer_that_has_begun_and_a_request_that_is_given_up_are_the_server_s(
    visitor: Browser, multi_session: MultiSession, app: Fail, error: type[BaseException]
) -> None:
    """No second answer can follow."""
    visitor.app = DeviceMiddleware(app, multi_session)
    with pytest.raises(error):
        visitor.get("//page")


def test_client_that_goes_in_the_middle_of_a_body_is_refused(
    visitor: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    """It is no error of the app's, which would hide real ones."""
    caplog.set_level(logging.INFO)
    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    sent = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"app.test"), (b"origin", b"http://app.test"), (b"content-type", b"application/json")]
    path = "/api/auth/sign-in/email"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    scope |= {"headers": headers, "scheme": "http", "client": ("127.0.0.1", 1), "server": ("app.test", 80)}
    run(visitor.app({**scope, "root_path": "", "http_version": "1.1"}, receive, send))
    assert sent[0]["status"] == 400
    assert caplog.messages == ["Refused '/api/auth/sign-in/email' from 127.0.0.1 (nobody): VALIDATION_ERROR"]

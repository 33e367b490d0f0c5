"""What the real server makes of requests that no browser sends."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress

import pytest

from multisession_app.multi_session.options import BODY_LIMIT, BODY_TIMEOUT, HEADERS_LIMIT
from tests.support.devices import Device
from tests.support.people import API
from tests.support.server import HOST, Server


def ask(
    server: Server, method: str, path: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """Send exactly these headers, and return status, headers and body."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=20)
    connection.putrequest(method, API + path, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value.encode("latin-1"))
    connection.endheaders(body or None)
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return found


def origin(server: Server) -> tuple[str, str]:
    """Return the Origin of the app's pages, as `ask` asks."""
    return ("Origin", f"http://{HOST}:{server.port}")


def code(body: bytes) -> str:
    """Return the code of a refusal."""
    return str(json.loads(body)["code"])


def test_body_over_the_limit_is_refused(server: Server) -> None:
    """Said to be so long, or sent in chunks that say nothing."""
    own = [origin(server), ("Content-Type", "application/json")]
    body = json.dumps({"email": "a@b.example", "password": "x" * BODY_LIMIT}).encode()
    status, headers, said = ask(server, "POST", "/sign-in/email", [*own, ("Content-Length", str(len(body)))], body)
    assert (status, code(said), headers["cache-control"]) == (413, "PAYLOAD_TOO_LARGE", "no-store")
    chunk = b"%x\r\n%s\r\n" % (len(body), body)
    chunked = [*own, ("Transfer-Encoding", "chunked")]
    status, _, said = ask(server, "POST", "/sign-in/email", chunked, chunk + b"0\r\n\r\n")
    assert (status, code(said)) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.whole
def test_half_sent_request_holds_its_connection_for_half_a_minute_at_most(server: Server) -> None:
    """A body by the kit's limit, headers by Granian's own; whoever drips gets no more time."""
    head = f"POST /api/auth/sign-in/email HTTP/1.1\r\nHost: {HOST}:{server.port}\r\nOrigin: {origin(server)[1]}\r\n"
    whole = head + "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    began, heard = time.monotonic(), []
    with ExitStack() as closing:
        waiting = [closing.enter_context(socket.create_connection((HOST, server.port))) for _ in range(4)]
        for number, one in enumerate(waiting):
            one.settimeout(0.2)
            one.sendall((whole if number < 2 else head).encode())
        while waiting and time.monotonic() - began < 40:
            for one in list(waiting):
                with suppress(TimeoutError):
                    said = one.recv(4096)
                    heard.append((time.monotonic() - began, said))
                    waiting.remove(one)
            for one in waiting[1::2]:
                with suppress(OSError):
                    one.sendall(b"x")
    assert waiting == []
    (first, said), (second, also_said), *rest = heard
    assert said.startswith(b"HTTP/1.1 408")
    assert also_said.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in said.lower()
    assert max(first, second) < BODY_TIMEOUT.total_seconds() + 2
    assert [(said, at < 32) for at, said in rest] == [(b"", True)] * 2


def test_headers_over_the_limit_are_refused(server: Server) -> None:
    """One large one, a large cookie, many small ones."""
    many = [(f"x-{number}", "x" * 100) for number in range(90)]
    for headers in ([("X-Large", "x" * HEADERS_LIMIT)], [("Cookie", "a=" + "x" * HEADERS_LIMIT)], many):
        status, _, said = ask(server, "GET", "/get-session", headers)
        assert (status, code(said)) == (431, "REQUEST_HEADER_FIELDS_TOO_LARGE")
    # What Granian 2.8 does not even hand on: over 100 of them, or 400 kB.
    for headers in ([(f"x-{number}", "") for number in range(101)], [("X-Huge", "x" * 500_000)]):
        assert ask(server, "GET", "/get-session", headers)[0] == 431


def test_methods_that_are_not_there_are_named(server: Server) -> None:
    """In JSON, with Allow; HEAD has no body, OPTIONS neither."""
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "BREW"):
        status, headers, said = ask(server, method, "/get-session", [origin(server)])
        assert (status, headers["allow"], code(said)) == (405, "GET, HEAD, OPTIONS", "METHOD_NOT_ALLOWED")
    with socket.create_connection((HOST, server.port), timeout=10) as raw, raw.makefile("rb") as heard:
        raw.sendall(b"HEAD /api/auth/get-session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        said = heard.read().lower()
        assert said.startswith(b"http/1.1 200")
        assert b"content-type: application/json" in said
        assert said.endswith(b"\r\n\r\n")
    status, headers, said = ask(server, "OPTIONS", "/multi-session/revoke")
    assert (status, headers["allow"], said) == (204, "POST, OPTIONS", b"")


def test_unknown_addresses_are_answered_in_json(server: Server) -> None:
    """Not by a page of the app."""
    for path in ("", "/", "/nowhere", "/get-session/", "/%00", "/%ff", "/../auth/nowhere"):
        status, headers, said = ask(server, "GET", path)
        assert (status, headers["content-type"], code(said)) == (404, "application/json", "NOT_FOUND"), path


@pytest.mark.parametrize("second", ["other", "", "\xff\xfe", '"', "a b"])
def test_cookies_of_our_name(server: Server, new_device: Callable[[], Device], second: str) -> None:
    """One opens the device, in whichever header; beside another value none is believed."""
    device = new_device()
    device.join("Ada")
    [(name, secret)] = device.cookies.items()
    one, same = ("Cookie", f"theme=dark; {name}={secret}"), ("Cookie", f"{name}={secret}")
    for cookies in ([one], [one, same], [("Cookie", "\x80=\xff; ;;="), one]):
        status, _, said = ask(server, "GET", "/get-session", cookies)
        assert (status, json.loads(said)["user"]["name"]) == (200, "Ada")
    for cookies in ([one, ("Cookie", f"{name}={second}")], [("Cookie", f"{name}={second}; {name}={secret}")]):
        status, headers, said = ask(server, "GET", "/get-session", cookies)
        assert (status, said) == (200, b"null")
        assert "set-cookie" not in headers


def test_request_that_is_none_ends_the_connection_only(server: Server) -> None:
    """The server is there for the next one."""
    negative = b"POST /api/auth/sign-out HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"
    for sent in (b"\x00\xff\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", negative):
        with socket.create_connection((HOST, server.port), timeout=10) as raw:
            raw.sendall(sent)
            assert raw.recv(100)[:12] in {b"", b"HTTP/1.1 400"}
    assert ask(server, "GET", "/ok")[2] == b'{"ok":true}'

"""Which page may ask, and what a proxy may say."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
import reflex as rx

from multisession_app.multi_session import install
from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.errors import InvalidOrigin, MissingOrigin
from multisession_app.multi_session.options import Options
from multisession_app.multi_session.security.origins import RequestOrigin
from tests.support.browser import Browser

pytestmark = pytest.mark.sqlite

OWN = "https://app.test"


def request(method: str = "POST", origin: str | None = OWN, site: str | None = None) -> RequestOrigin:
    """Make a request to https://app.test."""
    return RequestOrigin(
        method=method, origin=origin, own_origin=OWN, fetch_site=site, is_https=True, ip_address="192.0.2.1"
    )


def scope(headers: list[tuple[str, str]], **more: Any) -> dict[str, Any]:
    """Make an ASGI scope."""
    raw = [(name.encode(), value.encode()) for name, value in headers]
    return {"type": "http", "method": "GET", "scheme": "http", "headers": raw, "client": ("10.0.0.9", 1), **more}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "WEBSOCKET"])
@pytest.mark.parametrize("has_cookie", [True, False])
def test_own_page_may_ask(method: str, has_cookie: bool) -> None:
    """The app's own pages may do everything."""
    request(method).check(Options(), has_cookie=has_cookie)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "WEBSOCKET"])
@pytest.mark.parametrize("has_cookie", [True, False])
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://app.test",
        "https://app.test:444",
        "https://app.test.evil.example",
        "https://app",
        "",
    ],
)
def test_foreign_page_may_not_even_read(method: str, has_cookie: bool, origin: str) -> None:
    """Another scheme, port or suffix is another origin, on GET and without a cookie too."""
    with pytest.raises(InvalidOrigin):
        request(method, origin).check(Options(), has_cookie=has_cookie)


@pytest.mark.parametrize("method", ["GET", "POST", "WEBSOCKET"])
def test_null_origin_is_refused(method: str) -> None:
    """A sandboxed frame hides where it comes from."""
    with pytest.raises(MissingOrigin):
        request(method, "null").check(Options(), has_cookie=False)


def test_null_origin_cannot_be_allowed_by_the_host_header() -> None:
    """Nothing that a client sends makes `null` one of ours."""
    strange = RequestOrigin(
        method="GET", origin="null", own_origin="null", fetch_site=None, is_https=False, ip_address=""
    )
    with pytest.raises(MissingOrigin):
        strange.check(Options(), has_cookie=True)


def test_allowed_origin_may_ask() -> None:
    """A page on the list is as good as an own one, and only that."""
    options = Options(allowed_origins=("https://www.example.com",))
    request(origin="https://www.example.com").check(options, has_cookie=True)
    with pytest.raises(InvalidOrigin):
        request(origin="http://www.example.com").check(options, has_cookie=True)


@pytest.mark.standard("ASVS 3.5.1")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "WEBSOCKET"])
def test_change_with_a_cookie_needs_an_origin(method: str) -> None:
    """A browser sends one with every change and every websocket."""
    with pytest.raises(MissingOrigin):
        request(method, None).check(Options(), has_cookie=True)
    request(method, None).check(Options(), has_cookie=False)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_needs_no_origin(method: str) -> None:
    """Browsers send none when a person opens a page."""
    request(method, None, "cross-site").check(Options(), has_cookie=True)


@pytest.mark.standard("OWASP CSRF 1")
@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_cross_site_change_without_origin_is_refused(site: str) -> None:
    """Login CSRF needs no cookie."""
    with pytest.raises(InvalidOrigin):
        request("POST", None, site).check(Options(), has_cookie=False)


def test_the_browser_says_whether_its_page_is_of_another_site() -> None:
    """Only it knows where sites begin: two hosts of one domain are one site, two customers' of one host are two."""
    assert request(site="cross-site").is_cross_site
    for site in ("same-site", "same-origin", "none", None):
        assert not request(site=site).is_cross_site


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_own_fetch_without_origin_and_cookie_may_ask(site: str) -> None:
    """It says itself that it is one of ours."""
    request("POST", None, site).check(Options(), has_cookie=False)


@pytest.mark.standard("ASVS 4.1.3")
def test_forwarded_headers_are_not_believed_without_a_proxy() -> None:
    """Anyone can send them."""
    forged = scope([("host", "app.test"), ("x-forwarded-proto", "https"), ("x-forwarded-for", "203.0.113.7")])
    read = RequestOrigin.of(forged, Options())
    assert (read.own_origin, read.is_https, read.ip_address) == ("http://app.test", False, "10.0.0.9")


@pytest.mark.parametrize(
    ("hops", "address"), [(1, "203.0.113.1"), (2, "203.0.113.2"), (3, "203.0.113.3"), (9, "203.0.113.3")]
)
def test_forwarded_address_is_that_which_the_outermost_trusted_proxy_saw(hops: int, address: str) -> None:
    """What stands further left came from outside; several header lines are one list."""
    chain = [("x-forwarded-for", "203.0.113.3, 203.0.113.2"), ("x-forwarded-for", " 203.0.113.1 ")]
    assert RequestOrigin.of(scope(chain), Options(trusted_proxy_hops=hops)).ip_address == address


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.7:50000", "203.0.113.7"),
        ("[2001:db8::1]:50000", "2001:db8::1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("2001:db8:0:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%any words", "fe80::1"),
        ("unknown", "10.0.0.9"),
        ("_hidden", "10.0.0.9"),
        ("203.0.113.7\nSigned in: ada", "10.0.0.9"),
        ("203.0.113.256", "10.0.0.9"),
        ("3405803783", "10.0.0.9"),
        ("[2001:db8::1", "2001:db8::1"),
        ("1" * 100_000, "10.0.0.9"),
        ("203.0.113.7:" + "0" * 100, "10.0.0.9"),
    ],
)
def test_forwarded_address_is_an_address_or_is_not_believed(forwarded: str, address: str) -> None:
    """Else a visitor could choose what is counted, stored and logged; then the proxy's own is what is known."""
    headers = [("x-forwarded-for", forwarded)]
    assert RequestOrigin.of(scope(headers), Options(trusted_proxy_hops=1)).ip_address == address


def test_forwarded_scheme_counts_within_the_hops() -> None:
    """Behind a proxy that ends TLS the page is on https; one value for several hops is that proxy's."""
    forwarded = scope([("host", "app.test"), ("x-forwarded-proto", "https")])
    for hops in (1, 2):
        read = RequestOrigin.of(forwarded, Options(trusted_proxy_hops=hops))
        assert (read.own_origin, read.is_https) == (OWN, True)


@pytest.mark.parametrize(("scheme", "is_https"), [("ws", False), ("wss", True), ("http", False), ("https", True)])
def test_websocket_belongs_to_the_page_of_its_scheme(scheme: str, is_https: bool) -> None:
    """A page on https opens wss, and its Origin says https."""
    read = RequestOrigin.of(scope([("host", "app.test")], scheme=scheme), Options())
    assert (read.own_origin, read.is_https) == (OWN if is_https else "http://app.test", is_https)


@pytest.mark.parametrize(("forwarded", "is_https"), [("ws", False), ("wss", True), ("HTTPS", True)])
def test_proxy_may_name_the_scheme_as_a_websocket_has_it(forwarded: str, is_https: bool) -> None:
    """Traefik does; the Origin of the page that opens it says https, as does its cookie's name."""
    through = scope([("host", "app.test"), ("x-forwarded-proto", forwarded)], type="websocket", scheme="ws")
    read = RequestOrigin.of(through, Options(trusted_proxy_hops=1))
    assert (read.own_origin, read.is_https) == (OWN if is_https else "http://app.test", is_https)


def test_missing_client_address_is_empty() -> None:
    """A server on a Unix socket knows none, or something that is no address."""
    assert RequestOrigin.of(scope([], client=("unix:" + "x" * 100, 0)), Options()).ip_address == "unix:" + "x" * 59
    assert RequestOrigin.of(scope([], client=None), Options()).ip_address == ""


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Forwarded-Proto"])
def test_a_proxy_that_is_not_trusted_is_said_once(
    visitor: Browser, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """At its first request, since through one that ends https no sign-in gets as far as to be counted."""
    forwarded = {name: "https"}
    visitor.get("/get-session")
    visitor.address = "8.8.8.8"
    visitor.get("/get-session", forwarded)
    assert caplog.messages == []
    visitor.address = "10.0.0.9"
    for _ in range(2):
        visitor.get("/get-session", forwarded)
    [warning] = caplog.records
    assert warning.levelno == logging.WARNING
    assert "REFLEX_TRUSTED_PROXY_HOPS" in warning.getMessage()


def test_a_proxy_that_is_trusted_needs_no_warning(
    kit_with: Callable[..., MultiSession], client: Callable[..., Browser], caplog: pytest.LogCaptureFixture
) -> None:
    """It is what the setting is for."""
    client(kit_with(trusted_proxy_hops=1)).get("/get-session", {"X-Forwarded-For": "203.0.113.5"})
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("deploy_url", "origin"),
    [
        ("https://app.example.com", "https://app.example.com"),
        ("https://App.example.com/notes/", "https://app.example.com"),
        ("https://app.example.com:443", "https://app.example.com"),
        ("http://localhost:3000/", "http://localhost:3000"),
    ],
)
def test_the_pages_address_is_taken_as_the_origin_that_browsers_send(deploy_url: str, origin: str) -> None:
    """Where pages and API have an address each, that of the pages may be written in any way."""
    found = install._frontend_origin(rx.Config(app_name="app", deploy_url=deploy_url))
    assert Options(allowed_origins=found).allowed_origins == (origin,)

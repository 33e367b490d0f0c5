"""What every answer carries, through the gate."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from reflex.utils.precompressed_staticfiles import PrecompressedStaticFiles
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from multisession_app.multi_session.http.routes import api
from tests.support.browser import Browser

pytestmark = pytest.mark.sqlite

# Of "one()", "two()", "lost()" and "new()", by `openssl dgst -sha256 -binary | base64`.
ONE, TWO, LOST, NEW = (
    "'sha256-HR7iaask9daLMRRskMI++QeJtjWDOjyPA6lGzYGzKW4='",
    "'sha256-iMrPAWirDC2X0OhZzLsM2MRIWSmepJGI4r7D8ZlwBOw='",
    "'sha256-pmW5xxA+9DKUDiGCfbKlsAsszukW/q4HJPo1LqDye0Q='",
    "'sha256-sr22GfsGc8VX2fPT5RzpJnvpAF8OvsFVB0l6tTJCsDU='",
)
OWN_CSP = "default-src https://own.example"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Return a folder of built pages, each with a script of its own."""
    folder = tmp_path / "client"
    for name, script in (("index", "one()"), ("two/index", "two()"), ("two", "two()"), ("404", "lost()")):
        page = folder / f"{name}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(f"<title>{name}</title><script>{script}</script><script src=/assets/a.js></script>")
    (folder / "assets").mkdir()
    for asset in ("root-Dfwd_-i3.js", "logo.svg"):
        (folder / "assets" / asset).write_text("content")
    return folder


@pytest.fixture
def site(client: Callable[..., Browser], kit_with: Callable[..., MultiSession], pages: Path) -> Callable[..., Browser]:
    """Return what opens a browser before the whole site: the built pages, the kit's routes, those of the host app."""

    def open_browser(scheme: str = "http", **options: Any) -> Browser:
        kit = kit_with(**options)
        app = api()
        app.routes.extend(
            [
                Route("/own", lambda request: HTMLResponse("own", headers={"Content-Security-Policy": OWN_CSP})),
                Route("/cached", lambda request: HTMLResponse("cached", headers={"Cache-Control": "max-age=60"})),
                Route("/plain", lambda request: PlainTextResponse("plain", headers={"Referrer-Policy": "no-referrer"})),
                Route("/html", lambda request: HTMLResponse("html")),
                Route("/json", lambda request: JSONResponse({})),
                Mount("", PrecompressedStaticFiles(directory=pages, html=True, encodings=["gzip"])),
            ]
        )
        return Browser(DeviceMiddleware(app, kit, pages=pages), scheme=scheme)

    return open_browser


def policy_of(answer: httpx.Response) -> dict[str, list[str]]:
    """Return the only policy of an answer, by directive."""
    (text,) = answer.headers.get_list("content-security-policy")
    return {words[0]: words[1:] for words in (directive.split() for directive in text.split(";"))}


@pytest.mark.standard("ASVS 3.4.6", "ASVS 3.4.8")
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("//", 200),
        ("//two/", 200),
        ("//two", 307),
        ("//nope", 404),
        ("//assets/root-Dfwd_-i3.js", 200),
        ("//html", 200),
        ("//json", 200),
        ("//_event/", 404),
        ("/get-session", 200),
        ("/sign-out", 405),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_answer_is_hardened(site: Callable[..., Browser], method: str, path: str, status: int) -> None:
    """Whatever it is and whoever made it."""
    answer = site().ask(method, path)
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert policy_of(answer)["frame-ancestors"] == ["'none'"]
    assert "strict-transport-security" not in answer.headers


def test_refusals_are_hardened_too(site: Callable[..., Browser]) -> None:
    """Those of the gate itself, before anything inside has run."""
    for method, origin in (("GET", "https://evil.example"), ("POST", "null")):
        answer = site().ask(method, "//", {"Origin": origin})
        assert answer.status_code == 403
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert policy_of(answer) == {"default-src": ["'none'"], "frame-ancestors": ["'none'"]}


@pytest.mark.standard("ASVS 3.4.1")
@pytest.mark.parametrize("path", ["//", "//nope", "/get-session", "//_event/"])
def test_https_is_remembered_for_a_year(site: Callable[..., Browser], path: str) -> None:
    """On every answer that came by https, or by http from a trusted proxy that says so; never else (RFC 6797, 7.2)."""
    forwarded = {"X-Forwarded-Proto": "https"}
    assert site("https").get(path).headers["strict-transport-security"] == "max-age=31536000"
    trusting = site(trusted_proxy_hops=1)
    assert trusting.get(path, forwarded).headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in trusting.get(path).headers
    assert "strict-transport-security" not in site().get(path, forwarded).headers


@pytest.mark.standard("ASVS 3.4.3", "OWASP Session 11")
@pytest.mark.parametrize(
    ("path", "scripts"),
    [
        ("//", [ONE]),
        ("//index.html", [ONE]),
        ("//two/", [TWO]),
        ("//two/index.html", [TWO]),
        ("//two.html", [TWO]),
        ("//two/../two/", [TWO]),
        ("//404.html", [LOST]),
        ("//nope", [LOST]),
        ("//two/nope.js", [LOST]),
        ("//assets/nope-Dfwd_-i3.js", [LOST]),
    ],
)
def test_a_page_may_run_its_own_scripts_and_no_others(
    site: Callable[..., Browser], path: str, scripts: list[str]
) -> None:
    """Whichever page the file server chooses for an address, and nothing is evaluated on any."""
    answer = site().get(path)
    assert policy_of(answer)["script-src"] == ["'self'", *scripts]
    assert policy_of(answer)["object-src"] == policy_of(answer)["base-uri"] == ["'none'"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_page_that_is_not_built_runs_files_only(site: Callable[..., Browser]) -> None:
    """One that the host app makes itself, so that what it shows does not become a script."""
    assert policy_of(site().get("//html"))["script-src"] == ["'self'"]
    assert site().get("//html").headers["cache-control"] == "no-store"


def test_a_compressed_page_has_the_policy_of_the_page(site: Callable[..., Browser], pages: Path) -> None:
    """Reflex's file server sends it with the time and size of the compressed file."""
    (pages / "two.html.gz").write_bytes(gzip.compress((pages / "two.html").read_bytes()))
    answer = site().get("//two.html", {"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert policy_of(answer)["script-src"] == ["'self'", TWO]


def test_pages_of_one_time_and_size_may_run_the_scripts_of_both(site: Callable[..., Browser], pages: Path) -> None:
    """An image of a reproducible build has one time for all files; the file server's ETags are then equal too."""
    (pages / "new.html").write_text((pages / "two.html").read_text().replace("two", "new"))
    for page in pages.rglob("*.html"):
        os.utime(page, (0, 0))
    browser = site()
    assert policy_of(browser.get("//new.html"))["script-src"] == ["'self'", NEW, TWO]
    assert policy_of(browser.get("//two.html"))["script-src"] == ["'self'", NEW, TWO]
    assert policy_of(browser.get("//index.html"))["script-src"] == ["'self'", ONE]


def test_file_of_a_pages_time_and_size_is_no_page(site: Callable[..., Browser], pages: Path) -> None:
    """It has the page's ETag, and is kept for good all the same."""
    script = pages / "assets" / "root-Dfwd_-i3.js"
    script.write_text("x" * (pages / "two.html").stat().st_size)
    for file in (script, pages / "two.html"):
        os.utime(file, (0, 0))
    browser = site()
    assert browser.get("//two.html").headers["etag"] == browser.get("//assets/root-Dfwd_-i3.js").headers["etag"]
    answer = browser.get("//assets/root-Dfwd_-i3.js")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert policy_of(answer)["script-src"] == ["'self'"]


def test_an_unchanged_page_keeps_its_policy(site: Callable[..., Browser]) -> None:
    """A 304 replaces the headers that the browser has stored, and names no content type."""
    browser = site()
    etag = browser.get("//two/").headers["etag"]
    answer = browser.get("//two/", {"If-None-Match": etag})
    assert answer.status_code == 304
    assert policy_of(answer)["script-src"] == ["'self'", TWO]


def test_only_files_with_hashed_names_are_kept_for_good(site: Callable[..., Browser]) -> None:
    """A missing one is a page that says so, which must not be kept in its place."""
    browser = site()
    kept = "public, max-age=31536000, immutable"
    assert browser.get("//assets/root-Dfwd_-i3.js").headers["cache-control"] == kept
    assert "cache-control" not in browser.get("//assets/logo.svg").headers
    assert browser.get("//assets/gone-Dfwd_-i3.js").headers["cache-control"] == "no-store"
    assert "cache-control" not in browser.ask("DELETE", "//assets/root-Dfwd_-i3.js").headers


def test_a_file_is_no_way_around_the_policy(site: Callable[..., Browser]) -> None:
    """A picture that is opened by itself is a document, and may hold scripts; a PDF is shown as an object."""
    policy = policy_of(site().get("//assets/logo.svg"))
    assert policy["script-src"] == ["'self'"]
    assert "object-src" not in policy


def test_what_the_host_app_has_set_stays(site: Callable[..., Browser]) -> None:
    """A route that knows better is let be, and never gets a second policy beside its own."""
    browser = site()
    assert browser.get("//own").headers.get_list("content-security-policy") == [OWN_CSP]
    assert browser.get("//cached").headers.get_list("cache-control") == ["max-age=60"]
    assert browser.get("//plain").headers.get_list("referrer-policy") == ["no-referrer"]


def test_without_pages_every_page_is_the_host_apps(visitor: Browser) -> None:
    """In development and on a CDN they come from elsewhere; the routes are hardened all the same."""
    answer = visitor.get("/get-session")
    assert policy_of(answer) == {"default-src": ["'none'"], "frame-ancestors": ["'none'"]}
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_option_adds_sources_to_the_pages_policy(site: Callable[..., Browser]) -> None:
    """To ours, to the default where we name none, and in the place of a 'none'; data stays as strict."""
    browser = site(
        content_security_policy={
            "script-src": ["'unsafe-eval'"],
            "img-src": ("http://images.example.com", "blob:"),
            "frame-src": ["https://films.example.com"],
            "frame-ancestors": ["'self'"],
            "object-src": [],
        }
    )
    for path, scripts in (("//", [ONE]), ("//html", [])):
        policy = policy_of(browser.get(path))
        assert set(policy["script-src"]) == {"'self'", "'unsafe-eval'", *scripts}
        assert policy["img-src"] == ["'self'", "data:", "https:", "http://images.example.com", "blob:"]
        assert policy["frame-src"] == ["'self'", "https://films.example.com"]
        assert policy["frame-ancestors"] == ["'self'"]
        assert policy["object-src"] == ["'none'"]
    assert "'unsafe-eval'" not in browser.get("/get-session").headers["content-security-policy"]


@pytest.mark.standard("OWASP Session 11")
@pytest.mark.parametrize("path", ["/sign-out", "/multi-session/revoke-all"])
def test_signing_everyone_out_clears_the_browsers_cache(visitor: Browser, path: str) -> None:
    """Pictures and pages kept for the back button; signing one account out leaves the others theirs."""
    visitor.sign_up("ada")
    visitor.sign_up("grace")
    one_out = visitor.post("/multi-session/revoke", {"sessionId": visitor.listed()[0]["id"]})
    assert "clear-site-data" not in one_out.headers
    assert visitor.post(path).headers["clear-site-data"] == '"cache"'

"""Where the device's secret and the passwords may be seen: the cookie, the post that signs in, and nowhere else."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.people import (
    WORDS,
    Person,
    choose,
    expect_account,
    expect_signed_out,
    fill_sign_in,
    join,
    open_accounts,
    record_frames,
    session_ids,
    sign_up,
    submit_sign_in,
    switch,
)
from tests.support.running import until
from tests.support.server import Server

NewContext = Callable[..., BrowserContext]
COOKIE = "multisession_app_device"
STORAGE = (
    "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, document.documentElement.outerHTML])"
)


def secret_of(context: BrowserContext) -> str:
    """Read the secret out of the browser's jar, as no script can."""
    [cookie] = [cookie for cookie in context.cookies() if COOKIE in str(cookie.get("name"))]
    return str(cookie.get("value"))


def exchanges(har: Path) -> Iterator[tuple[str, str]]:
    """Name and quote all that went over HTTP, except the headers and the post that are there to carry secrets."""
    for entry in json.loads(har.read_text())["log"]["entries"]:
        request, response = entry["request"], entry["response"]
        url: str = request["url"]
        yield f"address of {url}", url
        for side in (request, response):
            headers = [h for h in side["headers"] if h["name"].lower() not in {"cookie", "set-cookie"}]
            yield f"headers of {url}", json.dumps(headers)
        if not url.endswith(("/sign-up/email", "/sign-in/email")):
            yield f"body to {url}", request.get("postData", {}).get("text", "")
        content = response["content"]
        text: str = content.get("text", "")
        is_coded = content.get("encoding") == "base64"
        yield f"answer of {url}", base64.b64decode(text).decode("latin-1") if is_coded else text


def files(*folders: Path) -> Iterator[tuple[str, str]]:
    """Name and quote every file of the server's: database, its log of writes, pickled states, output."""
    for folder in folders:
        for path in folder.rglob("*") if folder.is_dir() else [folder]:
            if path.is_file():
                yield str(path), path.read_bytes().decode("latin-1")


@pytest.fixture
def recorded(new_context: NewContext, tmp_path: Path) -> BrowserContext:
    """A browser whose traffic is written down."""
    return new_context(record_har_path=tmp_path / "traffic.har", record_har_content="embed")


@pytest.mark.standard("ASVS 3.3.4", "ASVS 16.2.5", "OWASP Session 7", "OWASP WebSocket 7", "NIST 5.1 (3)")
def test_secret_and_passwords_are_seen_nowhere(
    recorded: BrowserContext, new_context: NewContext, base_url: str, server: Server, tmp_path: Path
) -> None:
    """Frames, bodies, addresses, storage, page, console, log, states, database: all searched, nothing found."""
    [grace] = join(new_context(), base_url, "Grace")
    page = recorded.new_page()
    frames = record_frames(page)
    console: list[str] = []
    page.on("console", lambda message: console.append(message.text))
    seen: list[str] = []
    secrets: list[str] = []

    def look() -> None:
        secrets.append(secret_of(recorded))
        seen.append(page.evaluate(STORAGE))
        # An answer that the page reads to its end: of one that it leaves with, nothing may be recorded.
        page.evaluate("fetch('/api/auth/get-session').then((answer) => answer.text())")

    ada = sign_up(page, "Ada")
    look()
    open_accounts(page).get_by_role("menuitem", name=WORDS.add_account).click()
    fill_sign_in(page, grace, password="wrong-" + grace.password)
    submit_sign_in(page)
    expect(page.get_by_role("alert")).to_be_focused()
    fill_sign_in(page, grace)
    submit_sign_in(page)
    expect_account(page, grace)
    look()
    switch(page, ada)
    look()
    page.goto("/settings/account")
    look()
    active = next(iter(session_ids(recorded, base_url).values()))
    states = Path(server.extra["REFLEX_STATES_WORKDIR"])
    until(lambda: any(active in text for _, text in files(states)), "the states to be written down")
    written = list(files(states))
    choose(page, WORDS.sign_out)
    expect_account(page, grace)
    choose(page, WORDS.sign_out)
    expect_signed_out(page)
    seen.append(page.evaluate(STORAGE))
    recorded.close()

    places = [
        *(("a frame", frame) for frame in frames),
        *(("storage or page", text) for text in seen),
        *(("console", text) for text in console),
        *exchanges(tmp_path / "traffic.har"),
        *written,
        *files(states, server.log_path, *server.database.parent.glob(f"{server.database.name}*")),
    ]
    # The controls: the search does find, in each kind of place, what may be there.
    for place in ("a frame", "storage or page", "answer of", "app.db"):
        assert any(ada.email in text for name, text in places if place in name), place
    assert len(set(secrets)) == 2, "each sign-in makes a new secret, and a switch none"
    hidden = [form for text in {*secrets, ada.password, grace.password} for form in {text, quote(text, safe="")}]
    assert {name for name, text in places for secret in hidden if secret in text} == set()


@pytest.mark.standard("ASVS 3.3.4")
def test_the_cookie_is_out_of_reach(page: Page, context: BrowserContext) -> None:
    """HttpOnly, for this site's own requests, for the whole site, for 400 days; scripts see no cookie at all."""
    sign_up(page, "Ada")
    assert page.evaluate("document.cookie") == ""
    [cookie] = context.cookies()
    assert COOKIE in str(cookie.get("name"))
    attributes = {name: cookie.get(name) for name in ("httpOnly", "sameSite", "path", "domain")}
    assert attributes == {"httpOnly": True, "sameSite": "Lax", "path": "/", "domain": "localhost"}
    days = (float(cookie.get("expires", 0)) - page.evaluate("Date.now() / 1000")) / 86400
    assert 399 < days <= 400


def test_there_is_no_cookie_before_the_first_sign_in(page: Page, context: BrowserContext) -> None:
    """Whoever only looks around, or fails to sign in, is not marked."""
    for path in ("/", "/auth/sign-up", "/settings/account", "/auth/sign-in", "/api/auth/get-session"):
        page.goto(path)
        assert context.cookies() == []
    page.goto("/auth/sign-in")
    fill_sign_in(page, Person("Nobody"))
    submit_sign_in(page)
    expect(page.get_by_role("alert")).to_be_focused()
    assert context.cookies() == []


def headers_of(answer: Any) -> list[str]:
    """List the names of an answer's headers."""
    return [header["name"].lower() for header in answer.headers_array]


def test_an_unknown_cookie_is_answered_by_no_new_one(context: BrowserContext, base_url: str) -> None:
    """A cookie is written at a sign-in only: not for a strange one, not by a switch. The last sign-out deletes it."""
    ada, _ = join(context, base_url, "Ada", "Grace")
    headers = {"Origin": base_url}
    body = {"sessionId": session_ids(context, base_url)[ada.email]}
    for path in ("/multi-session/set-active", "/multi-session/revoke", "/sign-out"):
        data = {} if path == "/sign-out" else body
        answer = context.request.post(f"{base_url}/api/auth{path}", data=data, headers=headers)
        assert answer.ok
        assert ("set-cookie" in headers_of(answer)) == (path == "/sign-out")
    assert context.cookies() == []
    context.add_cookies([{"name": COOKIE, "value": "x" * 43, "url": base_url}])
    for path in ("/", "/api/auth/get-session", "/api/auth/multi-session/list-device-sessions"):
        assert "set-cookie" not in headers_of(context.request.get(base_url + path))

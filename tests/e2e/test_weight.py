"""What a browser that has never been here loads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from playwright.sync_api import BrowserContext
from reflex_components_radix.themes.base import LiteralAccentColor, LiteralGrayColor

from multisession_app.theme import COLORS
from tests.support.people import expect_account, expect_signed_out, join
from tests.support.server import Server

NewContext = Callable[..., BrowserContext]
SCRIPT, STYLE = "text/javascript", "text/css"
RADIX_COLORS = {*get_args(LiteralAccentColor), *get_args(LiteralGrayColor)} - {"auto"}
# As a property of a component, and in a rule of a stylesheet.
COLOR = re.compile(rf"[\"'`]({'|'.join(RADIX_COLORS)})[\"'`]|--({'|'.join(RADIX_COLORS)})-")


def first_load(context: BrowserContext, path: str, settled: Callable[..., None], *of_it: Any) -> Counter[str]:
    """Open a page and count the bytes on the wire, headers included, by media type, until nothing more comes."""
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    kinds: dict[str, str] = {}
    wire: Counter[str] = Counter()

    def answered(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["response"]["mimeType"]

    def finished(event: dict[str, Any]) -> None:
        wire[kinds.get(event["requestId"], "")] += int(event["encodedDataLength"])

    network.on("Network.responseReceived", answered)
    network.on("Network.loadingFinished", finished)
    page.goto(path)
    settled(page, *of_it)
    page.wait_for_load_state("networkidle")
    return wire


@pytest.mark.parametrize(
    ("path", "most"), [("/", 250), ("/auth/sign-in", 250), ("/settings/account", 300), ("/settings/security", 300)]
)
@pytest.mark.parametrize("accounts", [0, 3])
def test_the_first_load_is_light(new_context: NewContext, base_url: str, path: str, most: int, accounts: int) -> None:
    """JS and CSS together, in kB of 1000 bytes: as much as a person on a phone should have to wait for."""
    context = new_context()
    if accounts:
        people = join(context, base_url, *["Ada", "Grace", "Alan"][:accounts])
        wire = first_load(context, path, expect_account, people[-1])
    else:
        wire = first_load(context, path, expect_signed_out)
    assert wire[SCRIPT] and wire[STYLE], wire
    assert wire[SCRIPT] + wire[STYLE] <= most * 1000, wire


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_pages_scripts_and_styles_come_compressed(server: Server, encoding: str) -> None:
    """Each file in the form that the browser takes; only what is smaller than its headers comes as it is."""
    built = server.root / ".web" / "build" / "client"
    files = [path for path in built.rglob("*") if path.suffix in {".html", ".js", ".css", ".json"}]
    assert {path.suffix for path in files} >= {".html", ".js", ".css"}
    headers = {"Accept-Encoding": encoding}
    with httpx.Client(base_url=server.url, headers=headers, trust_env=False, follow_redirects=True) as http:
        for path in files:
            answer = http.get("/" + path.relative_to(built).as_posix())
            assert answer.is_success
            assert answer.headers.get("Content-Encoding") == encoding or path.stat().st_size < 256, path


def test_every_colour_that_a_page_names_is_loaded(server: Server) -> None:
    """And none besides: the theme's list is what the compiled pages and the kit's stylesheet use."""
    web = server.root / ".web"
    files = [
        *web.glob("app/**/*.jsx"),
        *web.glob("app_components/multisession_app/**/*.jsx"),
        *web.glob("utils/**/*.jsx"),
    ]
    used = {name for path in [*files, web / "styles" / "multi_session.css"] for name in colors_in(path)}
    assert used == set(COLORS)


def colors_in(path: Path) -> set[str]:
    """Find the names of Radix colours in a file."""
    return {quoted or variable for quoted, variable in COLOR.findall(path.read_text())}

"""The README's pictures: each is what the app shows today."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.support.devices import change_behind_its_back
from tests.support.people import WORDS, Person, expect_account, open_accounts, post, session_ids
from tests.support.server import PROJECT, Server

NewContext = Callable[..., BrowserContext]
PICTURES = PROJECT / "tests" / "pictures"
ALAN, GRACE, ADA = (
    Person("Alan Turing", "alan@example.com"),
    Person("Grace Hopper", "grace@example.com"),
    Person("Ada Lovelace", "ada@example.com"),
)
NOTES = ["Ask Charles about the carry mechanism", "Bernoulli numbers: is the third one right?"]

MOST = 0.03
"""The share of squares that may differ. Another font makes up to 0.023, a closed menu 0.13, the other theme 1."""

# Squares of 16 by 16 pixels, each as its mean colour, so that the form of the letters does not matter: a square differs
# if one of its colours does by more than a twelfth.
DIFFERENCE = """async (pictures) => {
  const [one, other] = await Promise.all(pictures.map(async (picture) => {
    const image = new Image();
    image.src = "data:;base64," + picture;
    await image.decode();
    const size = [Math.round(image.naturalWidth / 16), Math.round(image.naturalHeight / 16)];
    const options = { resizeWidth: size[0], resizeHeight: size[1], resizeQuality: "high" };
    const canvas = new OffscreenCanvas(...size).getContext("2d");
    canvas.drawImage(await createImageBitmap(image, options), 0, 0);
    return { size: [image.naturalWidth, image.naturalHeight], pixels: canvas.getImageData(0, 0, ...size).data };
  }));
  if (String(one.size) !== String(other.size)) return 1;
  let count = 0;
  for (let at = 0; at < one.pixels.length; at += 4)
    if ([0, 1, 2].some((colour) => Math.abs(one.pixels[at + colour] - other.pixels[at + colour]) > 20)) count += 1;
  return count / (one.pixels.length / 4);
}"""

# Chromium's WebP is a third of its PNG, which cannot be told to be smaller.
SMALLER = """async (picture) => {
  const image = new Image();
  image.src = "data:;base64," + picture;
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  canvas.getContext("2d").drawImage(image, 0, 0);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/webp", quality: 0.9 })).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}"""


@pytest.fixture(scope="module")
def people(browser: Browser, base_url: str) -> None:
    """Sign up those who are in the pictures, with one note or two, on a browser of their own."""
    context = browser.new_context()
    for person in (ALAN, GRACE, ADA):
        body = {"name": person.name, "email": person.email, "password": person.password}
        assert post(context, base_url, "/sign-up/email", body).ok
    page = context.new_page()
    page.goto(base_url)
    for note in NOTES:
        page.get_by_label("New note").fill(note)
        page.get_by_role("button", name="Save note").click()
        expect(page.get_by_role("listitem").filter(has_text=note)).to_be_visible()
    context.close()


def menu(page: Page) -> None:
    """The menu with the accounts; the next one is about to be chosen."""
    page.goto("/")
    accounts = open_accounts(page)
    expect(page.get_by_text(NOTES[0])).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(accounts.get_by_role("menuitemradio").nth(1)).to_be_focused()


def settings(page: Page) -> None:
    """The settings, with an account whose time is over."""
    page.goto("/settings/account")
    expect(page.get_by_role("link", name=f"{WORDS.sign_in_again}: {ALAN.name}")).to_be_visible()


def sign_in(page: Page) -> None:
    """The sign-in page of somebody who is signed in."""
    page.goto("/auth/sign-in")
    expect(page.get_by_role("heading", name=WORDS.already_signed_in)).to_be_visible()


SCREENS: dict[str, tuple[Callable[[Page], None], ViewportSize]] = {
    "menu": (menu, {"width": 760, "height": 400}),
    "settings": (settings, {"width": 600, "height": 1012}),
    "sign-in": (sign_in, {"width": 600, "height": 540}),
}
NAMES = [f"{screen}-{theme}" for screen in SCREENS for theme in ("light", "dark")]


def open_page(new_context: NewContext, server: Server, name: str) -> Page:
    """Show a screen in a browser of its own, where Ada, Grace and Alan are signed in; on the settings Alan no more."""
    screen, theme = name.rsplit("-", 1)
    show, viewport = SCREENS[screen]
    context = new_context(viewport=viewport, color_scheme=theme, device_scale_factor=1.5, reduced_motion="reduce")
    for person in (ALAN, GRACE, ADA):
        body = {"email": person.email, "password": person.password}
        assert post(context, server.url, "/sign-in/email", body).ok
    if screen == "settings":
        change_behind_its_back(server, session_ids(context, server.url)[ALAN.email], "expires_at = created_at")
    page = context.new_page()
    show(page)
    expect_account(page, ADA)
    return page


def take(page: Page) -> bytes:
    """Take a picture without what moves."""
    return page.screenshot(animations="disabled", caret="hide")


def smaller(browser: Browser, picture: bytes) -> bytes:
    """Make a picture small enough to be kept and loaded."""
    page = browser.new_page()
    made: str = page.evaluate(SMALLER, base64.b64encode(picture).decode())
    page.close()
    return base64.b64decode(made)


def difference(browser: Browser, one: bytes, other: bytes) -> float:
    """Measure the share of the squares that differ so that one sees it; 1 for pictures of different sizes."""
    page = browser.new_page()
    share: float = page.evaluate(DIFFERENCE, [base64.b64encode(picture).decode() for picture in (one, other)])
    page.close()
    return share


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("name", NAMES)
def test_a_picture_shows_the_app(
    pytestconfig: pytest.Config, new_context: NewContext, browser: Browser, server: Server, name: str
) -> None:
    """As it is now; in other fonts too, as far as they are of the same size."""
    file = PICTURES / f"{name}.webp"
    taken = take(open_page(new_context, server, name))
    if pytestconfig.getoption("--pictures", default=False):
        file.write_bytes(smaller(browser, taken))
    share = difference(browser, file.read_bytes(), taken)
    assert share <= MOST, (
        f"{share:.1%} of {file.relative_to(PROJECT)} is not what the app shows. "
        "If the app is right, make the pictures anew: pytest tests/e2e/test_pictures.py --pictures"
    )


def test_another_theme_screen_or_size_is_another_picture(browser: Browser) -> None:
    """Without this, that the pictures are the same would mean nothing."""
    pictures = {name: (PICTURES / f"{name}.webp").read_bytes() for name in NAMES}
    shares = {(one, other): difference(browser, pictures[one], pictures[other]) for one in NAMES for other in NAMES}
    assert [pair for pair, share in shares.items() if share <= MOST] == [(name, name) for name in NAMES]


@pytest.mark.usefixtures("people")
def test_a_menu_that_is_not_open_is_another_picture(new_context: NewContext, browser: Browser, server: Server) -> None:
    """The bound is narrow enough for what is missing from a page in the same theme."""
    page = open_page(new_context, server, "menu-light")
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    assert difference(browser, (PICTURES / "menu-light.webp").read_bytes(), take(page)) > MOST


def test_the_readme_shows_each_picture() -> None:
    """All of them, and none that is not made here; small enough for a page that is opened often."""
    shown = re.findall(r"tests/pictures/([\w-]+)\.webp", (PROJECT / "README.md").read_text())
    assert sorted(shown) == sorted(NAMES)
    files = list(PICTURES.iterdir())
    assert sorted(file.stem for file in files) == sorted(NAMES)
    assert [file.name for file in files if file.stat().st_size > 60_000] == []

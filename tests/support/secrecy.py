"""What people do on the page of the security settings."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.support.devices import change_behind_its_back
from tests.support.people import WORDS, Person, post, session_ids
from tests.support.server import Server

NewContext = Callable[..., BrowserContext]
SECURITY = "/settings/security"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 "
    "Mobile/15E148 Safari/604.1"
)
LONG_AGO = "authenticated_at = datetime(authenticated_at, '-1 day')"


def sign_in_on(context: BrowserContext, base_url: str, person: Person) -> BrowserContext:
    """Sign a person in on another device over HTTP, and give the device back."""
    body = {"email": person.email, "password": person.password}
    answer = post(context, base_url, "/sign-in/email", body)
    assert answer.ok, answer.text()
    # The first use of the cookie, as the form has it.
    session_ids(context, base_url)
    return context


def forget_password_entry(server: Server, context: BrowserContext, person: Person) -> None:
    """Let it be long since the person has entered the password on this device."""
    change_behind_its_back(server, session_ids(context, server.url)[person.email], LONG_AGO)


def open_security(page: Page) -> None:
    """Open the page and see that it is filled."""
    page.goto(SECURITY)
    expect(sessions(page).first).to_be_visible()
    expect(activity(page).first).to_be_visible()


def sessions(page: Page) -> Locator:
    """Find the rows of the active sessions."""
    return page.get_by_role("list", name=WORDS.active_sessions).get_by_role("listitem")


def activity(page: Page) -> Locator:
    """Find the rows of the recent security activity."""
    return page.get_by_role("list", name=WORDS.security_activity).get_by_role("listitem")


def revoke(page: Page, device: str) -> Locator:
    """Find the button that signs a device out."""
    return page.get_by_role("button", name=f"{WORDS.revoke}: {device}")


def dialog(page: Page) -> Locator:
    """Find the open dialog."""
    return page.get_by_role("alertdialog")


def count_posts(page: Page) -> list[str]:
    """Keep the paths that the page posts to."""
    posts: list[str] = []
    page.on(
        "request",
        lambda request: posts.append(request.url.split("/api/auth")[-1]) if request.method == "POST" else None,
    )
    return posts

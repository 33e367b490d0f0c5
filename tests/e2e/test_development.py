"""`reflex run` as developers use it: two ports, and files that are edited while it runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.main_flow import two_people_come_switch_and_go
from tests.support.people import WORDS, expect_account, sign_up
from tests.support.two_origins import Development

# A state of the app's own.
UPLOADS = """
from reflex_components_core.core.upload import Upload

from .multi_session import MultiSessionState

Upload.is_used = True


class Uploads(rx.State):
    told: str = ""

    @rx.event
    async def take(self, files: list[rx.UploadFile]):
        self.told = f"{files[0].filename} of {(await self.get_state(MultiSessionState)).user.email}"
"""
TAKE = "reflex___state____state.multisession_app___multisession_app____uploads.take"
# Reflex's own function, as Vite serves it to the page; what it answers holds the change of the state.
UPLOAD = """async ([handler, text]) => {
  const { uploadFiles } = await import("/utils/helpers/upload.js");
  const { getBackendURL, getToken } = await import("/utils/state.js");
  const socket = { _callbacks: { $event: [] } };
  const file = new File([text], "picture.txt");
  return (await uploadFiles(handler, [file], "uploads", null, {}, {}, socket, {}, getBackendURL, getToken)).data;
}"""


@pytest.fixture(scope="module")
def development(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Development]:
    """Start it in a copy of the project, with a state that takes uploads."""
    server = Development(tmp_path_factory.mktemp("development"))
    app = server.root / "multisession_app" / "multisession_app.py"
    app.write_text(app.read_text().replace("add_pages(app)", f"{UPLOADS}\n\nadd_pages(app)"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def context(development: Development, browser: Browser) -> Iterator[BrowserContext]:
    """Open the pages where they are."""
    context = browser.new_context(base_url=development.url)
    yield context
    context.close()


def test_everything_works_on_two_ports(page: Page) -> None:
    """The main job, from end to end."""
    page.goto("/")
    # Vite makes what a page needs when it is first asked for.
    expect(page.get_by_role("button", name=WORDS.account, exact=True)).to_be_visible(timeout=30_000)
    two_people_come_switch_and_go(page)


def test_an_upload_is_that_of_the_account_on_screen(page: Page) -> None:
    """Reflex sends it without the cookie, which a server on another port then does not get."""
    ada = sign_up(page, "Ada")
    answer = page.evaluate(UPLOAD, [TAKE, "a picture"])
    assert f"picture.txt of {ada.email}" in answer


def test_an_edited_page_is_on_screen_by_itself(page: Page, development: Development) -> None:
    """Hot reload: neither the server nor the page is started anew by hand, and the account is still there."""
    ada = sign_up(page, "Ada")
    expect(page.get_by_text("No notes yet.")).to_be_visible()
    home = Path(development.root, "multisession_app", "pages", "home.py")
    home.write_text(home.read_text().replace("No notes yet.", "Not one note yet."))
    expect(page.get_by_text("Not one note yet.")).to_be_visible(timeout=30_000)
    expect_account(page, ada)

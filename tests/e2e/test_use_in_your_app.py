"""The apps that the papers tell people to write: each is built in an empty folder, and somebody signs up in it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support import papers
from tests.support.people import WORDS, expect_account, sign_up
from tests.support.server import PROJECT, Server

KIT = PROJECT / "multisession_app" / "multi_session"


def files_of(page: str, heading: str) -> dict[str, str]:
    """Return the files that a page says to write: each block names its own in its first line."""
    found = [one.code for one in papers.blocks(page) if (one.heading, one.language) == (heading, "python")]
    return {code.splitlines()[0].removeprefix("# "): code for code in found}


class OwnApp(Server):
    """An app that is nothing but the kit and a page's files, served as the page says."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        """Write the files, and put the kit beside them."""
        self._files = files
        # What an activated environment does, in which Reflex finds Bun.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        super().__init__(folder, {"PATH": path})
        # The database is where the page's own settings put it.
        del self.extra["REFLEX_DB_URL"]
        self.database = self.root / ".data" / "app.db"

    def _make_project(self, to: Path) -> Path:
        for name, code in self._files.items():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).write_text(code)
        shutil.copytree(KIT, to / "my_app" / KIT.name, ignore=shutil.ignore_patterns("__pycache__"))
        (to / "my_app" / "__init__.py").touch()
        # As in the project itself: without them Reflex times two npm registries at every start.
        for name in (".npmrc", "bunfig.toml"):
            shutil.copy(PROJECT / name, to / name)
        return to


@pytest.mark.parametrize(
    ("paper", "heading", "greets", "headings"),
    [
        pytest.param(
            *("README.md", "Use it in your app", False, {"/settings/account": [WORDS.manage_accounts]}),
            marks=pytest.mark.whole,
        ),
        (
            "docs/use-in-your-app.md",
            "The whole app",
            True,
            {
                "/settings/account": [WORDS.profile, WORDS.manage_accounts],
                "/settings/security": [
                    WORDS.active_sessions,
                    WORDS.change_password,
                    WORDS.security_activity,
                    WORDS.delete_account,
                ],
            },
        ),
    ],
    ids=["readme", "whole"],
)
def test_app_of_a_page_is_built_signs_somebody_up_and_greets_them(
    tmp_path: Path, browser: Browser, paper: str, heading: str, greets: bool, headings: Mapping[str, list[str]]
) -> None:
    """And every page of it shows its cards."""
    files = files_of(paper, heading)
    assert set(files) == {"rxconfig.py", "my_app/my_app.py"}
    app = OwnApp(tmp_path, files)
    try:
        app.start()
        context = browser.new_context(base_url=app.url)
        tab = context.new_page()
        ada = sign_up(tab, "Ada")
        if greets:
            tab.get_by_role("button", name="Greet").click()
        expect(tab.get_by_text(f"Hello {ada.name}", exact=True)).to_be_visible()
        for path, cards in headings.items():
            tab.goto(path)
            expect_account(tab, ada)
            for card in cards:
                expect(tab.get_by_role("heading", name=card, exact=True)).to_be_visible()
        assert app.database.exists()
        context.close()
    finally:
        app.stop()

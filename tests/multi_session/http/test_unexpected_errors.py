"""What is answered when the app itself is at fault."""

from __future__ import annotations

import httpx
import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from tests.support.browser import Browser

pytestmark = pytest.mark.sqlite


class _Served(Browser):
    """A browser before a server, which answers what has failed."""

    def transport(self) -> httpx.AsyncBaseTransport:
        """Return the way to the kit."""
        return httpx.ASGITransport(self.app, client=(self.address, 1), raise_app_exceptions=False)


@pytest.mark.standard("ASVS 16.5.1")
def test_unexpected_error_tells_nothing_of_its_cause(
    visitor: Browser, multi_session: MultiSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No trace, no statement, no value; and the next request is answered."""
    visitor.sign_up("ada")
    browser = _Served(visitor.app, settle=visitor.settle)
    browser.cookies = visitor.cookies

    async def fail(*words: object, **more: object) -> None:
        raise LookupError("SELECT hunter2 FROM somewhere")

    with monkeypatch.context() as broken:
        broken.setattr(multi_session.devices, "find", fail)
        answer = browser.get("/get-session")
    assert (answer.status_code, answer.text) == (500, "Internal Server Error")
    assert browser.active() == "ada"

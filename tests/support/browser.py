"""A browser without a screen: a cookie jar and a page's Origin, before the kit in this process or before a server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from http.cookiejar import Cookie
from typing import Any

import httpx

from multisession_app.multi_session.options import BASE_PATH
from multisession_app.multi_session.queries.device_secrets import hash_secret
from tests.support.running import run

HOST = "app.test"
PASSWORD = "correct horse battery staple"
JSON = "application/json"


def email_of(name: str) -> str:
    """Return the address that `Browser.sign_up` gives a person."""
    return f"{name.lower()}@example.com"


async def _nothing() -> None:
    pass


class Browser:
    """One cookie jar. Paths are relative to the kit's routes unless they begin with two slashes."""

    def __init__(
        self,
        app: Any,
        *,
        scheme: str = "http",
        address: str = "127.0.0.1",
        settle: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        """Show a page of the app's own origin.

        `address` is where the requests come from; `settle` waits for what the app does after an answer.
        """
        self.app = app
        self.address = address
        self.settle = settle
        self.origin = f"{scheme}://{HOST}"
        self.cookies = httpx.Cookies()

    def transport(self) -> httpx.AsyncBaseTransport:
        """Return the way to the kit."""
        return httpx.ASGITransport(self.app, client=(self.address, 1))

    async def send(
        self, method: str, path: str, headers: Mapping[str, str | None] | None = None, **more: Any
    ) -> httpx.Response:
        """Send one request as the page would; a header of None leaves out the one a browser sends."""
        sent: dict[str, str | None] = {"Origin": None if method in {"GET", "HEAD"} else self.origin, **(headers or {})}
        url = self.origin + (path[1:] if path.startswith("//") else BASE_PATH + path)
        async with httpx.AsyncClient(
            transport=self.transport(), cookies=self.cookies, timeout=20, trust_env=False
        ) as client:
            kept = {name: value for name, value in sent.items() if value is not None}
            response = await client.request(method, url, headers=kept, **more)
            self.cookies = client.cookies
            return response

    def ask(
        self, method: str, path: str, headers: Mapping[str, str | None] | None = None, **more: Any
    ) -> httpx.Response:
        """Send one request and wait for the answer, and for what the app does after it."""

        async def go() -> httpx.Response:
            answer = await self.send(method, path, headers, **more)
            await self.settle()
            return answer

        return run(go())

    def get(self, path: str, headers: Mapping[str, str | None] | None = None) -> httpx.Response:
        """Send a GET."""
        return self.ask("GET", path, headers)

    def post(self, path: str, body: Any = None, headers: Mapping[str, str | None] | None = None) -> httpx.Response:
        """Send a POST with a JSON body."""
        return self.ask("POST", path, headers, json={} if body is None else body)

    def sign_up(self, name: str, **more: Any) -> str:
        """Make a user, signed in here, and return the session's id."""
        answer = self.post("/sign-up/email", {"name": name, "email": email_of(name), "password": PASSWORD, **more})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def sign_in(self, name: str, **more: Any) -> str:
        """Sign a user in and return the session's id."""
        answer = self.post("/sign-in/email", {"email": email_of(name), "password": PASSWORD, **more})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def listed(self) -> list[Any]:
        """Return the accounts signed in here, last used first."""
        answer = self.get("/multi-session/list-device-sessions")
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    def names(self) -> list[str]:
        """Return the names of the accounts signed in here, last used first."""
        return [entry["user"]["name"] for entry in self.listed()]

    def active(self) -> str | None:
        """Return the name of the active account."""
        session = self.session()
        return session["user"]["name"] if session else None

    def session(self) -> dict[str, Any] | None:
        """Return the active session with its user."""
        answer = self.get("/get-session")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] | None = answer.json()
        return found

    @property
    def cookie(self) -> Cookie:
        """The only cookie in the jar."""
        (cookie,) = self.cookies.jar
        return cookie

    @property
    def secret(self) -> str:
        """The device secret in the jar."""
        return self.cookie.value or ""

    @property
    def secret_hash(self) -> str:
        """What the database knows the secret as."""
        return hash_secret(self.secret)

    def copy(self) -> Browser:
        """Return another jar with the same cookies, as a thief has it."""
        other = Browser(self.app, address=self.address, settle=self.settle)
        other.origin = self.origin
        other.cookies = httpx.Cookies(self.cookies)
        return other

    def holding(self, secret: str) -> Browser:
        """Return another jar whose device cookie has this value."""
        other = Browser(self.app, address=self.address, settle=self.settle)
        other.origin = self.origin
        other.cookies.set(self.cookie.name if len(self.cookies.jar) else "app_device", secret, domain=HOST, path="/")
        return other

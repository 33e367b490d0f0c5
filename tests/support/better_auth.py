"""Better Auth's JavaScript client with its multi-session plugin, as it comes from npm, run by Bun."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.bun import bun, install
from tests.support.people import Person

NPM_PROJECT = Path(__file__).parents[1] / "better_auth"


class Refused(Exception):
    """The client returned an error."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        """Keep what the client says of it."""
        super().__init__(error)
        self.status: int = error["status"]
        self.code: str = error["code"]


class AuthClient:
    """One client in a process of its own, which is one cookie jar."""

    def __init__(self, url: str) -> None:
        """Start it for an app at that address."""
        install(NPM_PROJECT)
        self._process = subprocess.Popen(
            [bun(), "client.js", url], cwd=NPM_PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.cookies: dict[str, str] = {}

    def close(self) -> None:
        """End it."""
        self._process.communicate()

    def put_cookies(self, cookies: Mapping[str, str]) -> None:
        """Put these into the jar, whoever made them."""
        self._send({"cookies": dict(cookies)})

    def call(self, name: str, /, **fields: Any) -> Any:
        """Call a method of the client, such as "multiSession.setActive", and return its data; times are in ms.

        Raises:
            Refused: the client returned an error.
        """
        answer = self._send({"call": name, "args": [fields] if fields else []})
        if answer["error"]:
            raise Refused(answer["error"])
        return answer["data"]

    def sign_up(self, person: Person, **more: Any) -> Any:
        """Make a user, signed in here."""
        return self.call("signUp.email", name=person.name, email=person.email, password=person.password, **more)

    def sign_in(self, person: Person, **more: Any) -> Any:
        """Sign a user in."""
        return self.call("signIn.email", email=person.email, password=person.password, **more)

    def join(self, *names: str) -> list[Person]:
        """Sign new people up; the last one is active."""
        people = [Person(name) for name in names]
        for person in people:
            self.sign_up(person)
        return people

    def active(self) -> str | None:
        """Return the e-mail of whom the client takes for signed in."""
        session = self.call("getSession")
        return session["user"]["email"] if session else None

    def accounts(self) -> dict[str, str]:
        """Return the accounts that the client lists, last used first: e-mail to what it calls the session's token."""
        listed = self.call("multiSession.listDeviceSessions")
        return {entry["user"]["email"]: entry["session"]["token"] for entry in listed}

    def _send(self, line: Mapping[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline())
        self.cookies = said["cookies"]
        return said["answer"]

"""Devices before a server: a cookie jar that signs in over HTTP and opens tabs as raw sockets."""

import sqlite3
from contextlib import closing
from typing import Any

import httpx
import reflex as rx

from multisession_app.multi_session.websocket.state import MultiSessionState
from multisession_app.pages.home import NotesState
from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.raw_socket import RawSocket, Variables
from tests.support.running import until
from tests.support.server import Server

STATE = rx.State.get_full_name()
KIT = MultiSessionState.get_full_name()
NOTES = NotesState.get_full_name()
SUFFIX = "_rx_state_"
"""What Reflex adds to the name of a variable in a delta."""


def value(variables: Variables, state: str, name: str) -> Any:
    """Look up a variable as the browser has it; None if it never came."""
    return variables.get(state, {}).get(name + SUFFIX)


class Tab(RawSocket):
    """A raw socket that behaves as a tab does: it keeps its new token, and says which snapshot it shows."""

    def __init__(self, url: str, *, settles: bool = True, patience: float = 10, **options: Any) -> None:
        """Connect and take the snapshot, then settle, or be a tab that has not yet shown what it was sent."""
        super().__init__(url, **options)
        self._acknowledged = ""
        try:
            self.wait_for(lambda seen: value(seen, KIT, "is_loaded"), "the snapshot", patience)
            if settles:
                self.settle()
        except BaseException:
            self.close()
            raise

    def settle(self) -> None:
        """Say that the snapshot is on screen, if the server asks that, and take the token that names its session."""
        if value(self.variables, KIT, "snapshot_id") in {"", self._acknowledged}:
            return
        self.acknowledge()
        self.wait_for(lambda _: self.token.endswith(f"~{self.session_id}"), "the tab's new token")

    def acknowledge(self, snapshot_id: str | None = None, path: str = "/") -> None:
        """Say that a snapshot is on screen, the last one unless another is named."""
        named = value(self.variables, KIT, "snapshot_id") if snapshot_id is None else snapshot_id
        self._acknowledged = named
        self.send(f"{KIT}.acknowledge", {"snapshot_id": named}, path)

    def _take(self, frame: str) -> None:
        heard = len(self.received)
        super()._take(frame)
        self.token = next((m["data"] for m in self.received[heard:] if m["kind"] == "new_token"), self.token)

    @property
    def session_id(self) -> str:
        """The session that this tab shows."""
        return str(value(self.variables, KIT, "session_id") or "")

    @property
    def draft(self) -> str:
        """What the tab's account has typed and not saved."""
        return str(value(self.variables, NOTES, "draft") or "")

    def write_draft(self, text: str) -> None:
        """Type a draft and see that the server has it."""
        self.send(f"{NOTES}.set_draft", {"text": text})
        self.wait_for(lambda seen: value(seen, NOTES, "draft") == text, "the draft")

    def save(self, text: str) -> None:
        """Save a note and see it listed."""
        self.write_draft(text)
        self.send(f"{NOTES}.add")
        self.wait_for(lambda seen: text in str(value(seen, NOTES, "notes")), "the note")


class Device(Browser):
    """A browser before a server, whose tabs are raw sockets."""

    def __init__(self, url: str) -> None:
        """Start with an empty jar."""
        super().__init__(app=None)
        self.url = self.origin = url

    def transport(self) -> httpx.AsyncBaseTransport:
        """Return a connection."""
        return httpx.AsyncHTTPTransport()

    def join(self, *names: str) -> list[Person]:
        """Sign new people up; the last one is active."""
        people = [Person(name) for name in names]
        for person in people:
            body = {"name": person.name, "email": person.email, "password": person.password}
            self.post("/sign-up/email", body).raise_for_status()
        # The first use of the newest cookie, which calls this device's sockets back.
        self.active()
        return people

    def sessions(self) -> dict[str, str]:
        """Ask for the accounts of this device: e-mail to session id, the active one first."""
        listed = sorted(self.listed(), key=lambda entry: not entry["isCurrent"])
        return {entry["user"]["email"]: entry["id"] for entry in listed}

    def switch(self, person: Person) -> str:
        """Switch as another tab does, and return the session's id."""
        session_id = self.sessions()[person.email]
        self.post("/multi-session/set-active", {"sessionId": session_id}).raise_for_status()
        return session_id

    def copied(self) -> "Device":
        """Return another jar with the same cookies, as a thief has it."""
        other = Device(self.url)
        other.cookies = httpx.Cookies(self.cookies)
        return other

    def tab(self, token: str | None = None, **options: Any) -> Tab:
        """Open a tab with this device's cookie."""
        return Tab(self.url, token=token, cookies=self.cookies, **options)

    def wait_for_active(self, session_id: str) -> None:
        """Wait until the server says that this session is the active one."""
        until(lambda: next(iter(self.sessions().values()), "") == session_id, "the active session")


def notes_of(server: Server, person: Person) -> list[str]:
    """Read a person's notes from the database."""
    query = "select note.text from demo_note note join multi_session_user u on u.id = note.user_id where u.email = ?"
    with closing(sqlite3.connect(server.database)) as db:
        return [text for (text,) in db.execute(query, [person.email])]


def change_behind_its_back(server: Server, session_id: str, change: str) -> None:
    """Change a session in the database, so that no process is told: as if every message about it were lost."""
    with closing(sqlite3.connect(server.database, timeout=10)) as db, db:
        changed = db.execute(f"update multi_session_device_session set {change} where id = ?", [session_id])  # noqa: S608
        assert changed.rowcount == 1


def outlive_grace(server: Server, session_id: str) -> None:
    """Let it be a minute later for the cookies that the browser of a session had."""
    times = ", ".join(f"{name} = datetime({name}, '-61 seconds')" for name in ("first_used_at", "dies_at"))
    of_device = "device_id = (select device_id from multi_session_device_session where id = ?)"
    with closing(sqlite3.connect(server.database, timeout=10)) as db, db:
        changed = db.execute(f"update multi_session_device_secret set {times} where {of_device}", [session_id])  # noqa: S608
        assert changed.rowcount > 1

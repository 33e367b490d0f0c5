"""Users, devices and sessions made straight through the verbs, without HTTP and without a password's cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import text
from sqlmodel import Session, SQLModel, select

from multisession_app.multi_session.database.models import DeviceSession, User
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.queries import device_secrets, device_sessions, devices
from multisession_app.multi_session.queries.device_secrets import hash_secret
from multisession_app.multi_session.queries.device_sessions import OpenedSession
from multisession_app.multi_session.queries.devices import ProvenDevice
from multisession_app.multi_session.security.origins import Source
from tests.support.running import run

T = TypeVar("T")
Row = TypeVar("Row", bound=SQLModel)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLES = ("user", "device", "device_secret", "device_session", "security_event")


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        """Begin at `now`."""
        self.now = now

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def advance(self, **time: float) -> datetime:
        """Move on by so many seconds, minutes, days and return the time."""
        self.now += timedelta(**time)
        return self.now


@dataclass
class World:
    """A database with a clock, and the verbs on it, each in a transaction of its own."""

    database: Database
    clock: Clock

    def write(self, work: Callable[[Session], T]) -> T:
        """Run in a transaction that is committed."""
        return run(self.database.write(work))

    def read(self, work: Callable[[Session], T]) -> T:
        """Run in a transaction that is rolled back."""
        return run(self.database.read(work))

    def user(self, name: str) -> User:
        """Make a user whom no password opens."""
        user = User(name=name, email=f"{name}@example.com", password_hash="-", created_at=NOW, updated_at=NOW)
        self.write(lambda db: db.add(user))
        return user

    def present(self, secret: str) -> ProvenDevice | None:
        """Look a secret up without using it."""
        return self.read(lambda db: devices.find(db, hash_secret(secret), now=self.clock.now))

    def device(self, secret: str) -> ProvenDevice:
        """Look a secret up that opens a device."""
        device = self.present(secret)
        assert device is not None
        return device

    def use(self, secret: str) -> ProvenDevice | None:
        """Look a secret up and note it, as a request does."""
        device = self.present(secret)
        if device is not None and device.is_first_use:
            found = device
            self.write(lambda db: device_secrets.note_first_use(db, found, now=self.clock.now))
        return device

    def sign_in(
        self,
        device: ProvenDevice | None,
        user: User,
        *,
        maximum: int = 5,
        evict: bool = True,
        timeout: timedelta = timedelta(days=30),
    ) -> OpenedSession:
        """Sign a user in on a device, or on a new one."""
        return self.write(
            lambda db: device_sessions.open_session(
                db,
                device,
                user,
                source=Source(user_agent="A browser", ip_address="192.0.2.1"),
                maximum=maximum,
                timeout=timeout,
                evict=evict,
                now=self.clock.now,
            )
        )

    def device_with(self, *names: str) -> tuple[str, list[str]]:
        """Make users, sign them in one after the other on one device; return its secret and the session ids."""
        secret, ids = "", []
        for name in names:
            self.clock.advance(seconds=1)
            opened = self.sign_in(self.use(secret) if secret else None, self.user(name))
            secret = opened.secret
            ids.append(opened.session.id)
        return secret, ids

    def rows(self, model: type[Row]) -> list[Row]:
        """Return all rows of a table."""
        return self.read(lambda db: list(db.exec(select(model)).all()))

    def row(self, session_id: str) -> DeviceSession:
        """Return one session's row."""
        return next(row for row in self.rows(DeviceSession) if row.id == session_id)

    def everything(self) -> dict[str, list[Any]]:
        """Return every row of the kit's tables, to compare before and after."""

        def all_rows(db: Session) -> dict[str, list[Any]]:
            statement = "SELECT * FROM multi_session_{} ORDER BY 1"
            return {
                name: [tuple(row) for row in db.connection().execute(text(statement.format(name)))] for name in TABLES
            }

        return self.read(all_rows)

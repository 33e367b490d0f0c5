"""What every action works with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlmodel import Session

from ..database.transactions import Database
from ..options import Options
from ..queries.devices import NEVER
from ..queries.ended_sessions import active_on
from ..security.password_queue import PasswordQueue
from ..security.rate_limits import RateLimits
from .pubsub import PubSub
from .tabs import Tabs


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Resources:
    """The options, the database, the way to all open tabs, what is counted and who waits at sign-ins, the clock."""

    options: Options
    database: Database
    pubsub: PubSub = field(default_factory=PubSub)
    rate_limits: RateLimits = field(default_factory=RateLimits)
    password_queue: PasswordQueue = field(default_factory=PasswordQueue)
    now: Callable[[], datetime] = _utc_now

    @property
    def tabs(self) -> Tabs:
        """The open tabs of this process."""
        return self.pubsub.tabs

    def idle_since(self, now: datetime) -> datetime:
        """Return the time since which a session must have been used, by `idle_timeout`, not to have expired."""
        return now - self.options.idle_timeout if self.options.idle_timeout else NEVER

    def active_on(self, db: Session, device_ids: Iterable[str], now: datetime) -> dict[str, str]:
        """Return the active session of each of these devices, "" for none."""
        return active_on(db, device_ids, now=now, idle_since=self.idle_since(now))

"""For a public demo: one click makes three people, without a sign-up. Off unless MULTISESSION_DEMO is 1."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

from sqlmodel import Session, col, select
from starlette.applications import Starlette
from starlette.routing import Route

from .multi_session import (
    OpenedSession,
    OptionsError,
    ProvenDevice,
    SessionChanged,
    Source,
    TooManySessions,
    User,
    kit,
    sign_in_endpoint,
)
from .notes import add_note

logger = logging.getLogger(__name__)

PATH = "/api/demo"
# No real address can end so (RFC 2606, 3): every user with one was made here and may be swept.
DOMAIN = "demo.example.com"
KEPT = timedelta(days=1)
_SWEEP_INTERVAL = timedelta(hours=1)
_SWEEP_BATCH = 100

PEOPLE = 3
_NAMES = (
    "Ada Lovelace",
    "Alan Turing",
    "Barbara Liskov",
    "Edsger Dijkstra",
    "Frances Allen",
    "Grace Hopper",
    "Katherine Johnson",
    "Margaret Hamilton",
    "Tony Hoare",
)
_NOTES = (
    "Switch to somebody else in the menu at the top right: this note stays with me.",
    "Type a note, do not save it, switch away and back: it is still there.",
)


def is_on() -> bool:
    """Say whether this is a demo.

    Raises:
        OptionsError: MULTISESSION_DEMO is neither 0 nor 1; the start stops with a sentence that says so.
    """
    value = os.environ.get("MULTISESSION_DEMO", "0")
    if value not in {"0", "1"}:
        raise OptionsError(f"MULTISESSION_DEMO must be '0' or '1', not {value!r}.")
    return value == "1"


def routes() -> Starlette:
    """Return the app of the one route that the click posts to, `PATH`."""
    return Starlette(routes=[Route(PATH, sign_in_endpoint(make_people))])


async def make_people(device: ProvenDevice | None, source: Source) -> OpenedSession:
    """Make three people for this visitor, with passwords that nobody knows, and sign them in beside the others there.

    Raises:
        TooManyAttempts, SessionChanged: as for a sign-up.
        TooManySessions: there is no room for all three.
    """
    listed = device.sessions if device else ()
    if len(listed) + PEOPLE > kit().options.maximum_sessions:
        # The demo signs nobody out to make room.
        raise TooManySessions([(session.id, session.user.name, session.user.email) for session in listed])
    for name in secrets.SystemRandom().sample(_NAMES, PEOPLE):
        opened = await _make_person(name, device, source)
        # Prove the device by the newest secret, which no browser has used yet, for the next sign-up.
        if (device := await kit().devices.reread(opened.device_id, opened.session.generation)) is None:
            raise SessionChanged
    return opened


async def _make_person(name: str, device: ProvenDevice | None, source: Source) -> OpenedSession:
    email = f"{name.split()[0]}.{secrets.token_hex(8)}@{DOMAIN}"
    opened = await kit().authentication.sign_up(
        device, name=name, email=email, password=secrets.token_urlsafe(32), source=source
    )

    def write_notes(db: Session) -> None:
        for place, text in enumerate(reversed(_NOTES)):
            add_note(db, opened.user.id, text, now=kit().now() + timedelta(microseconds=place))

    await kit().database.write(write_notes)
    return opened


@contextlib.asynccontextmanager
async def sweeping() -> AsyncIterator[None]:
    """Sweep every hour while the app serves. Several processes may do so at the same time."""
    task = asyncio.create_task(_keep_swept())
    yield
    task.cancel()


async def _keep_swept() -> None:
    while True:
        try:
            await sweep()
        except Exception:
            logger.exception("Could not sweep the demo's people; they stay for an hour more.")
        await asyncio.sleep(_SWEEP_INTERVAL.total_seconds())


async def sweep() -> None:
    """Delete the people made longer than `KEPT` ago, with everything of theirs. Their open tabs follow."""
    made_here = col(User.email).endswith(f"@{DOMAIN}", autoescape=True)
    overdue = select(User.id).where(made_here, col(User.created_at) <= kit().now() - KEPT).limit(_SWEEP_BATCH)
    while user_ids := await kit().database.read(lambda db: db.exec(overdue).all()):
        await kit().user_sessions.delete_users(user_ids)

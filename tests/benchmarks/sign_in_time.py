"""Measures what the time of a wrong password tells: `python -m tests.benchmarks.sign_in_time`, or with `reduced`.

Known and unknown e-mails come in random order, each followed at once by a request that is the same for both: what is
written after an answer holds up the next. In this process, and on a server; limits are on, so each guess is for another
account and from another address. Hashes are those of the app, or with `reduced` take half a millisecond: on a machine
that is not idle the noise of 25 hides what is looked for.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from ipaddress import IPv4Address
from pathlib import Path

import httpx
from sqlmodel import Session

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.database.models import User
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.http.middleware import DeviceMiddleware
from multisession_app.multi_session.http.routes import api
from multisession_app.multi_session.options import BASE_PATH, Options
from multisession_app.multi_session.security.passwords import hash_password
from tests.support.api_server import reduce_hashes, served

Send = Callable[[str, str, dict[str, str]], Awaitable[httpx.Response]]
KNOWN, UNKNOWN = "known", "unknown"
NUMBER = 3000


async def make_users(database: Database, number: int) -> None:
    """Make so many people with one password."""
    stored, now = await hash_password("correct horse battery staple"), datetime.now(UTC)

    def work(db: Session) -> None:
        for name in (f"known{count}" for count in range(number)):
            db.add(User(name=name, email=f"{name}@example.com", password_hash=stored, created_at=now, updated_at=now))

    await database.write(work)


async def measure(send: Send, number: int) -> dict[tuple[str, str], list[float]]:
    """Return the milliseconds of each answer, and of the next one, for both kinds."""
    guesses = [(kind, count) for kind in (KNOWN, UNKNOWN) for count in range(number)]
    random.shuffle(guesses)
    times: dict[tuple[str, str], list[float]] = {}
    for place, (kind, count) in enumerate(guesses):
        address = str(IPv4Address(0x0B000000 + place))
        for what, email in (("answer", f"{kind}{count}@example.com"), ("next", f"nobody{place:06}@example.com")):
            began = time.perf_counter()
            answer = await send(email, address, {"email": email, "password": "wrong horse battery staple"})
            times.setdefault((what, kind), []).append((time.perf_counter() - began) * 1000)
            if answer.status_code != 401:
                raise RuntimeError(answer.text)
    return times


def show(where: str, times: dict[tuple[str, str], list[float]]) -> None:
    """Print the medians and what they differ by."""
    for what in ("answer", "next"):
        known, unknown = (sorted(times[what, kind]) for kind in (KNOWN, UNKNOWN))
        medians = statistics.median(known), statistics.median(unknown)
        quarters = [f"{one[len(one) // 4]:.2f} to {one[len(one) * 3 // 4]:.2f}" for one in (known, unknown)]
        sys.stdout.write(
            f"{where}, {what}: known {medians[0]:.3f} ({quarters[0]}), unknown {medians[1]:.3f} ({quarters[1]}), "
            f"difference {medians[0] - medians[1]:+.3f} ms, n = {len(known)} each\n"
        )
    sys.stdout.flush()


async def in_process(folder: Path, number: int) -> None:
    """Measure without a server."""
    database = Database(f"sqlite:///{folder}/app.db")
    database.migrate()
    await make_users(database, number)
    kit = MultiSession(options=Options(), database=database)
    app = DeviceMiddleware(api(), kit)

    async def send(email: str, address: str, body: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://app.test{BASE_PATH}") as client:
            return await client.post("/sign-in/email", json=body)

    show("in this process", await measure(send, number))
    await kit.authentication.settle()
    database.engine.dispose()


async def on_server(folder: Path, number: int, *, are_hashes_reduced: bool) -> None:
    """Measure over the network."""
    path = folder / "server.db"
    with served(path, limits=True, are_hashes_reduced=are_hashes_reduced) as url:
        database = Database(f"sqlite:///{path}")
        await make_users(database, number)
        database.engine.dispose()
        async with httpx.AsyncClient(base_url=url + BASE_PATH, trust_env=False) as client:

            async def send(email: str, address: str, body: dict[str, str]) -> httpx.Response:
                return await client.post("/sign-in/email", json=body, headers={"X-Forwarded-For": address})

            show("on a server", await measure(send, number))


def main() -> None:
    """Print both."""
    are_hashes_reduced = "reduced" in sys.argv
    if are_hashes_reduced:
        reduce_hashes()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(in_process(Path(folder), NUMBER))
        asyncio.run(on_server(Path(folder), NUMBER, are_hashes_reduced=are_hashes_reduced))


if __name__ == "__main__":
    main()

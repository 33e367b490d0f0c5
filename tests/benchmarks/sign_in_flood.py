"""Measures a stranger's sign-in during a flood of right passwords: `python -m tests.benchmarks.sign_in_flood`.

150 cookies have ten sign-ins in flight each, all over again as they are answered, for half a minute. Meanwhile
strangers sign in one after the other, each for the first time: from an address of their own, and from the flood's. On a
server with limits off, whose hashes are those of the app; both share the machine's cores with the client.
"""

import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx

from multisession_app.multi_session.options import BASE_PATH
from tests.support.browser import PASSWORD, email_of
from tests.support.server import Server

COOKIES, IN_FLIGHT, SECONDS = 150, 10, 30
FLOOD = "198.51.100.1"


def headers(url: str, address: str) -> dict[str, str]:
    """Return what a page sends, from that address."""
    return {"Origin": url, "X-Forwarded-For": address}


def body(name: str) -> dict[str, str]:
    """Return a right password."""
    return {"name": name, "email": email_of(name), "password": PASSWORD}


async def flood(url: str, cookies: httpx.Cookies, until: float, seen: Counter[int]) -> None:
    """Sign in again and again with one cookie."""
    async with httpx.AsyncClient(base_url=url + BASE_PATH, timeout=120, trust_env=False) as client:
        while time.monotonic() < until:
            client.cookies = httpx.Cookies(cookies)
            answer = await client.post("/sign-in/email", json=body("mallory"), headers=headers(url, FLOOD))
            seen[answer.status_code] += 1
            if answer.status_code == 503:
                # As the answer asks, but sooner.
                await asyncio.sleep(1)


async def strangers(url: str, addresses: Iterator[str], until: float) -> list[float]:
    """Sign somebody in on a new browser each time and return the seconds that each took."""
    taken = []
    while time.monotonic() < until:
        address = next(addresses)
        async with httpx.AsyncClient(base_url=url + BASE_PATH, timeout=120, trust_env=False) as client:
            began = time.monotonic()
            answer = await client.post(
                "/sign-in/email", json=body(f"person{len(taken)}"), headers=headers(url, address)
            )
            taken.append(time.monotonic() - began)
            if answer.status_code != 200:
                sys.stdout.write(f"refused: {answer.status_code}\n")
        await asyncio.sleep(1)
    return taken


async def measure(url: str) -> None:
    """Print how long strangers took, without a flood and with it."""
    jars = []
    async with httpx.AsyncClient(base_url=url + BASE_PATH, timeout=120, trust_env=False) as client:
        for name in ("mallory", *(f"person{number}" for number in range(SECONDS + 1))):
            client.cookies.clear()
            await client.post("/sign-up/email", json=body(name), headers=headers(url, FLOOD))
        for _ in range(COOKIES):
            client.cookies.clear()
            await client.post("/sign-in/email", json=body("mallory"), headers=headers(url, FLOOD))
            jars.append(httpx.Cookies(client.cookies))
    own = (f"203.0.113.{number}" for number in itertools.count(1))
    show("nobody else", await strangers(url, own, time.monotonic() + 5))
    seen: Counter[int] = Counter()
    until = time.monotonic() + SECONDS
    crowd = [asyncio.create_task(flood(url, jar, until, seen)) for jar in jars for _ in range(IN_FLIGHT)]
    await asyncio.sleep(2)
    elsewhere, there = await asyncio.gather(strangers(url, own, until), strangers(url, itertools.repeat(FLOOD), until))
    show("from an address of their own", elsewhere)
    show("from the flood's address", there)
    await asyncio.gather(*crowd)
    sys.stdout.write(f"the flood's answers: {dict(seen)}\n")


def show(who: str, taken: list[float]) -> None:
    """Print a line."""
    sys.stdout.write(f"{who}: median {statistics.median(taken):.2f} s, most {max(taken):.2f} s, n = {len(taken)}\n")
    sys.stdout.flush()


def main() -> None:
    """Serve the app and measure."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "server", {"REFLEX_TRUSTED_PROXY_HOPS": "1"}, is_measured=True)
        try:
            server.start()
            asyncio.run(measure(server.url))
        finally:
            server.stop()


if __name__ == "__main__":
    main()

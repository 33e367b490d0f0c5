"""Measures a stranger's sign-in during a flood of right passwords: `python -m tests.benchmarks.sign_in_flood`.

150 cookies have ten sign-ins in flight each, all over again as they are answered, for half a minute; those that are
refused come back after the 5 s that the answer asks for. Meanwhile strangers sign in one after the other, each for the
first time: from an address of their own, and from the flood's. The HTTP door alone is served, with limits off and the
app's hashes; the flood's process has the same cores as the server.

Each connection is closed after its answer: granian 2.8, as Reflex 0.10.1 starts it, serves 1024 of a worker at a time,
and with as many kept open nobody else gets in, whatever they are for.
"""

import asyncio
import itertools
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from multisession_app.multi_session.options import BASE_PATH
from tests.support.api_server import served
from tests.support.browser import PASSWORD, email_of

COOKIES, IN_FLIGHT, SECONDS = 150, 10, 30
FLOOD = "198.51.100.1"


def post(url: str, path: str, name: str, address: str) -> tuple[int, str]:
    """Send a right password from a new browser; return the status and the cookie."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=120)
    headers = {"Origin": url, "X-Forwarded-For": address, "Content-Type": "application/json", "Connection": "close"}
    connection.request("POST", BASE_PATH + path, _body(name), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, (answer.getheader("Set-Cookie") or "").partition(";")[0]


def flood(url: str, cookies: list[str]) -> None:
    """Sign in again and again with each cookie, in a process of its own."""
    seen: Counter[str] = Counter()

    async def go() -> None:
        until = time.monotonic() + SECONDS
        await asyncio.gather(*(_again(url, cookie, until, seen) for cookie in cookies for _ in range(IN_FLIGHT)))

    asyncio.run(go())
    sys.stdout.write(f"the flood's answers: {dict(seen)}\n")


async def _again(url: str, cookie: str, until: float, seen: Counter[str]) -> None:
    host, body = urlsplit(url), _body("mallory")
    head = (
        f"POST {BASE_PATH}/sign-in/email HTTP/1.1\r\nHost: {host.netloc}\r\nOrigin: {url}\r\nCookie: {cookie}\r\n"
        f"X-Forwarded-For: {FLOOD}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_connection(host.hostname, host.port)
            writer.write(head.encode() + body)
            status = (await reader.readline()).split()[1].decode()
            writer.close()
        except (OSError, IndexError) as error:
            status = type(error).__name__
        seen[status] += 1
        if status != "200":
            # As the answer asks.
            await asyncio.sleep(5)


def strangers(url: str, addresses: Iterator[str], seconds: float) -> list[float]:
    """Sign somebody in on a new browser each time and return the seconds that each took."""
    taken: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        status, _ = post(url, "/sign-in/email", f"person{len(taken)}", next(addresses))
        taken.append(time.monotonic() - began)
        if status != 200:
            sys.stdout.write(f"refused: {status}\n")
        time.sleep(1)
    return taken


def measure(url: str) -> None:
    """Print how long strangers took, without a flood and with it."""
    for name in ("mallory", *(f"person{number}" for number in range(SECONDS + 1))):
        post(url, "/sign-up/email", name, FLOOD)
    cookies = [post(url, "/sign-in/email", "mallory", FLOOD)[1] for _ in range(COOKIES)]
    own = (f"203.0.113.{number}" for number in itertools.count(1))
    show("nobody else", strangers(url, own, 5))
    crowd = multiprocessing.get_context("spawn").Process(target=flood, args=(url, cookies))
    crowd.start()
    # The other process takes a second to begin.
    time.sleep(4)
    with ThreadPoolExecutor() as pool:
        elsewhere = pool.submit(strangers, url, own, SECONDS - 4)
        there = pool.submit(strangers, url, itertools.repeat(FLOOD), SECONDS - 4)
        show("from an address of their own", elsewhere.result())
        show("from the flood's address", there.result())
    crowd.join()


def show(who: str, taken: list[float]) -> None:
    """Print a line."""
    sys.stdout.write(f"{who}: median {statistics.median(taken):.2f} s, most {max(taken):.2f} s, n = {len(taken)}\n")
    sys.stdout.flush()


def _body(name: str) -> bytes:
    return json.dumps({"name": name, "email": email_of(name), "password": PASSWORD}).encode()


def main() -> None:
    """Serve the HTTP door and measure."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder) / "app.db", limits=False) as url:
        measure(url)


if __name__ == "__main__":
    main()

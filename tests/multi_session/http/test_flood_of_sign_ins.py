"""What others notice when somebody has very many passwords verified, right ones too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.database.models import User
from multisession_app.multi_session.options import (
    BASE_PATH,
    PASSWORDS_AT_ONCE,
    PASSWORDS_WAITING_OF_ADDRESS,
    PASSWORDS_WAITING_OF_DEVICE,
)
from multisession_app.multi_session.security import passwords
from multisession_app.multi_session.security.rate_limits import RateLimits
from tests.support.browser import HOST, PASSWORD, Browser, email_of
from tests.support.guesses import ELSEWHERE, HOME
from tests.support.running import run
from tests.support.world import World

pytestmark = pytest.mark.sqlite

IN_FLIGHT = 10


async def sign_in(app: Any, name: str, *, address: str = HOME, cookies: httpx.Cookies | None = None) -> httpx.Response:
    """Sign in with the right password, in the loop that runs."""
    transport = httpx.ASGITransport(app, client=(address, 1))
    base = f"http://{HOST}"
    async with httpx.AsyncClient(transport=transport, base_url=base + BASE_PATH, cookies=cookies, timeout=60) as client:
        body = {"email": email_of(name), "password": PASSWORD}
        return await client.post("/sign-in/email", json=body, headers={"Origin": base})


async def until_waiting(kit: MultiSession, number: int) -> None:
    """Wait until so many wait."""
    async with asyncio.timeout(60):
        while kit.password_queue._length < number:
            await asyncio.sleep(0.001)


@pytest.mark.real_hashes
@pytest.mark.slow
def test_a_stranger_does_not_wait_for_a_flood(
    client: Callable[..., Browser],
    multi_session: MultiSession,
    monkeypatch: pytest.MonkeyPatch,
    times: Callable[[int], int],
) -> None:
    """While 150 cookies, a tenth of them in the default run, have ten right passwords in flight each.

    From elsewhere and from their own address after one hash, and at once again when each of them has had one.
    """
    multi_session.rate_limits = RateLimits(is_on=False)
    flood = [client(address=HOME) for _ in range(times(150))]
    flood[0].sign_up("mallory")
    client().sign_up("ada")
    for visitor in flood[1:]:
        visitor.sign_in("mallory")
    app, queue = flood[0].app, multi_session.password_queue
    take, taken = queue._take, list[int]()

    def note_turn(network: str, who: tuple[bool, str]) -> None:
        take(network, who)
        if who[1] == email_of("ada"):
            taken.append(queue._turns)

    monkeypatch.setattr(queue, "_take", note_turn)

    async def go() -> list[int]:
        asked = [
            asyncio.create_task(sign_in(app, "mallory", cookies=visitor.cookies))
            for _ in range(IN_FLIGHT)
            for visitor in flood
        ]
        await until_waiting(multi_session, min(len(flood) * PASSWORDS_WAITING_OF_DEVICE, PASSWORDS_WAITING_OF_ADDRESS))
        turns = []
        for address in (ELSEWHERE, HOME, HOME):
            turn = queue._turns
            assert (await sign_in(app, "ada", address=address)).status_code == 200
            turns.append(taken[-1] - turn)
            assert queue._length > 0
        for task in asked:
            task.cancel()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        # Of a cookie that has been replaced meanwhile, a sign-in is refused.
        assert {one.status_code for one in answers if isinstance(one, httpx.Response)} <= {200, 409, 503}
        return turns

    turns = run(go())
    # Its own, and those that came in while it was on its way; at its own address one of a known device too.
    assert [most >= turn for turn, most in zip(turns, (5, 6, len(flood) + 5), strict=True)] == [True] * 3, turns
    assert multi_session.password_queue._length == 0


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Return what lets all hashes end."""
    end = asyncio.Event()
    real_verify, real_hash = passwords.verify_password, passwords.hash_password

    async def verify(password: str, stored: str | None) -> tuple[bool, str | None]:
        await end.wait()
        return await real_verify(password, stored)

    async def hash_(password: str) -> str:
        await end.wait()
        return await real_hash(password)

    monkeypatch.setattr(passwords, "verify_password", verify)
    monkeypatch.setattr(passwords, "hash_password", hash_)
    return end


@pytest.mark.parametrize(
    "path", ["/sign-in/email", "/sign-up/email", "/reauthenticate", "/change-password", "/delete-user"]
)
def test_whoever_cannot_wait_any_more_is_told_so(
    client: Callable[..., Browser], multi_session: MultiSession, world: World, path: str, request: pytest.FixtureRequest
) -> None:
    """503 with when to come back; nothing is counted, hashed or written."""
    ada = client(address=HOME)
    ada.sign_up("ada")
    ada.names()
    held: asyncio.Event = request.getfixturevalue("held")
    before = world.everything()
    body = {
        "name": "Bob",
        "email": email_of("bob"),
        "password": PASSWORD,
        "currentPassword": PASSWORD,
        "newPassword": "another fine password",
    }

    async def go() -> httpx.Response:
        occupied = PASSWORDS_AT_ONCE + PASSWORDS_WAITING_OF_DEVICE
        waiting = [asyncio.create_task(ada.copy().send("POST", "/reauthenticate", json=body)) for _ in range(occupied)]
        await until_waiting(multi_session, PASSWORDS_WAITING_OF_DEVICE)
        counted: Any = multi_session.rate_limits._own.storage
        in_turn = dict(counted.storage)
        answer = await ada.copy().send("POST", path, json=body)
        assert dict(counted.storage) == in_turn
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert multi_session.password_queue._length == 0
        held.set()
        return answer

    answer = run(go())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json() == {
        "code": "SERVER_BUSY",
        "message": "Too many people are signing in at the moment. Wait a little and try again.",
    }
    assert "set-cookie" not in answer.headers
    assert world.everything() == before


def test_known_device_is_let_in_among_invented_cookies_at_its_address(
    client: Callable[..., Browser], multi_session: MultiSession, held: asyncio.Event
) -> None:
    """The flood fills every place of it. A copy of the living cookie shares the four places; an ended one has none."""
    left = client(address=HOME)
    held.set()
    left.sign_up("bob")
    left.names()
    ended = left.copy()
    left.post("/multi-session/revoke-all")
    assert ended.names() == []
    ada = client(address=HOME)
    ada.sign_up("ada")
    ada.names()
    ada.sign_up("cleo")
    ada.names()
    held.clear()
    app, name = ada.app, ada.cookie.name

    async def go() -> tuple[list[int], int, list[int]]:
        flood = [
            asyncio.create_task(sign_in(app, f"x{number}", cookies=httpx.Cookies({name: f"invented {number}"})))
            for number in range(PASSWORDS_AT_ONCE + PASSWORDS_WAITING_OF_ADDRESS)
        ]
        await until_waiting(multi_session, PASSWORDS_WAITING_OF_ADDRESS)
        refused = [
            (await sign_in(app, "x", cookies=cookies)).status_code
            for cookies in (None, httpx.Cookies({name: "invented too"}), ended.cookies)
        ]
        known = {
            asyncio.create_task(ada.copy().send("POST", "/reauthenticate", json={"password": PASSWORD}))
            for _ in range(PASSWORDS_WAITING_OF_DEVICE + 1)
        }
        fifth, known = await asyncio.wait(known, return_when=asyncio.FIRST_COMPLETED)
        turn = multi_session.password_queue._turns
        held.set()
        await asyncio.wait(known, return_when=asyncio.FIRST_COMPLETED)
        turns = multi_session.password_queue._turns - turn
        for task in flood:
            task.cancel()
        await asyncio.gather(*flood, return_exceptions=True)
        return refused, turns, [(await task).status_code for task in (*fifth, *known)]

    refused, turns, answers = run(go())
    assert refused == [503] * 3
    # One of its four is let in, and the others then bear a replaced cookie.
    assert (answers[0], sorted(answers[1:])) == (503, [200, 409, 409, 409])
    assert turns <= 3 * PASSWORDS_AT_ONCE
    assert multi_session.password_queue._length == 0


def test_whoever_goes_away_is_not_waited_for(
    client: Callable[..., Browser], multi_session: MultiSession, held: asyncio.Event
) -> None:
    """The server says so by a message, and the place is free for the next."""
    app = client().app
    body = json.dumps({"email": email_of("ada"), "password": PASSWORD}).encode()
    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": f"{BASE_PATH}/sign-in/email",
        "query_string": b"",
        "headers": [(b"host", HOST.encode()), (b"content-type", b"application/json")],
        "client": (HOME, 1),
    }

    async def go() -> list[int]:
        others = [asyncio.create_task(sign_in(app, f"person{number}")) for number in range(PASSWORDS_AT_ONCE)]
        while multi_session.password_queue._free:
            await asyncio.sleep(0)
        messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        messages.put_nowait({"type": "http.request", "body": body, "more_body": False})
        leaving = asyncio.create_task(app(dict(scope), messages.get, send))
        await until_waiting(multi_session, 1)
        messages.put_nowait({"type": "http.disconnect"})
        async with asyncio.timeout(10):
            await leaving
        assert multi_session.password_queue._length == 0
        held.set()
        await asyncio.gather(*others)
        return [message["status"] for message in sent if "status" in message]

    assert run(go()) == [503]


def test_office_that_signs_in_at_once_is_let_in(client: Callable[..., Browser], world: World, now: datetime) -> None:
    """More people than an address may fail in an hour, each on a new device: while they wait, nobody has failed."""
    stored = run(passwords.hash_password(PASSWORD))
    people = [f"person{number}" for number in range(120)]
    users = [
        User(name=name, email=email_of(name), password_hash=stored, created_at=now, updated_at=now) for name in people
    ]
    world.write(lambda db: db.add_all(users))
    app = client().app

    async def go() -> list[int]:
        return [answer.status_code for answer in await asyncio.gather(*(sign_in(app, name) for name in people))]

    assert run(go()) == [200] * len(people)

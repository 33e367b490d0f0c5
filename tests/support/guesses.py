"""Right and wrong passwords, one after the other and at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from multisession_app.multi_session.options import BASE_PATH
from tests.support.browser import HOST, PASSWORD, Browser, email_of

HOME = "192.0.2.1"
ELSEWHERE = "198.51.100.7"

Headers = Mapping[str, str | None]


def wrong(name: str) -> dict[str, str]:
    """Return the body of a guess."""
    return {"email": email_of(name), "password": "wrong " + PASSWORD}


def guess(visitor: Browser, name: str, *, times: int = 1, headers: Headers | None = None) -> list[int]:
    """Try so many wrong passwords and return the answers' statuses."""
    return [visitor.post("/sign-in/email", wrong(name), headers).status_code for _ in range(times)]


def guess_many(visitor: Browser, *, times: int, headers: Headers | None = None) -> set[int]:
    """Try one wrong password with each of so many e-mails and return the different statuses."""
    return {status for number in range(times) for status in guess(visitor, f"nobody{number}", headers=headers)}


def sign_in(visitor: Browser, name: str, headers: Headers | None = None) -> httpx.Response:
    """Sign in with the right password."""
    return visitor.post("/sign-in/email", {"email": email_of(name), "password": PASSWORD}, headers)


async def post(app: Any, path: str, body: Mapping[str, str]) -> int:
    """Post from a new browser, in the loop that runs, and return the status."""
    transport = httpx.ASGITransport(app, client=(HOME, 1))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}{BASE_PATH}") as client:
        return (await client.post(path, json=dict(body))).status_code


async def guess_at_once(*apps: Any, name: str, times: int) -> list[int]:
    """Try so many wrong passwords at the same time, the apps in turn, and return the statuses."""
    guesses = (post(apps[number % len(apps)], "/sign-in/email", wrong(name)) for number in range(times))
    return list(await asyncio.gather(*guesses))

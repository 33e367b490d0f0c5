"""Limits on guessing as they are served: by two processes, with the sentence on screen, and the switch."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.support.devices import Device
from tests.support.people import API, WORDS, Person, expect_refusal, fill_sign_in, submit_sign_in
from tests.support.server import Server

SWITCH = "MULTISESSION_RATE_LIMITS"


@pytest.fixture
def limited(server: Server, redis_url: str, tmp_path: Path) -> Iterator[Server]:
    """Serve the same build from two processes, as it is without the switch."""
    limited = Server(tmp_path, {"REFLEX_REDIS_URL": redis_url, "GRANIAN_WORKERS": "2"}, built_by=server)
    del limited.extra[SWITCH]
    try:
        limited.start()
        yield limited
    finally:
        limited.stop()


def test_guessing_ends_with_a_sentence_on_screen(limited: Server, page: Page) -> None:
    """Whichever process takes them, ten guesses are heard; the form then says when to come back."""
    body = {"email": Person("Ada").email, "password": "not the password of Ada"}
    stranger = Device(limited.url)
    answers = [stranger.post("/sign-in/email", body) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
    assert 880 < int(answers[-1].headers["retry-after"]) <= 900

    def ask_the_limited_one(route: Route) -> None:
        headers = route.request.headers | {"origin": limited.url}
        route.fulfill(response=route.fetch(url=f"{limited.url}{API}/sign-in/email", headers=headers))

    page.route(f"**{API}/sign-in/email", ask_the_limited_one)
    page.goto("/auth/sign-in")
    fill_sign_in(page, Person("Ada", **body))
    submit_sign_in(page)
    expect_refusal(page, WORDS.too_many_attempts.format(minutes=15))
    assert f"{SWITCH}=off" not in limited.log


def test_switched_off_the_start_says_so(server: Server, new_device: Callable[[], Device]) -> None:
    """Loudly, since what helps a load test helps a guesser."""
    assert f"{SWITCH}=off: ANYONE MAY GUESS PASSWORDS" in server.log
    body = {"email": Person("Ada").email, "password": "not the password of Ada"}
    device = new_device()
    assert [device.post("/sign-in/email", body).status_code for _ in range(12)] == [401] * 12


def test_switched_on_is_as_without_the_switch(server: Server, tmp_path: Path) -> None:
    """The default can be written down."""
    on = Server(tmp_path, {SWITCH: "on"}, built_by=server)
    try:
        on.start()
        body = {"email": Person("Ada").email, "password": "not the password of Ada"}
        device = Device(on.url)
        assert [device.post("/sign-in/email", body).status_code for _ in range(11)] == [401] * 10 + [429]
    finally:
        on.stop()
    assert SWITCH not in on.log


@pytest.mark.parametrize("value", ["no", "OFF", ""])
def test_any_other_value_stops_the_start(server: Server, tmp_path: Path, value: str) -> None:
    """With a sentence: someone who wants limits and writes them wrongly is not to go without."""
    wrong = Server(tmp_path, {SWITCH: value}, built_by=server)
    try:
        with pytest.raises(pytest.fail.Exception, match="the server ended"):
            wrong.start()
    finally:
        wrong.stop()
    assert f"{SWITCH} must be 'on' or 'off', not {value!r}." in wrong.log

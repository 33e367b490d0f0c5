"""How often somebody may guess at an account, and that others cannot keep its owner out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.errors import TooManyAttempts
from multisession_app.multi_session.security import counters, password_queue, passwords
from multisession_app.multi_session.security.origins import Source
from multisession_app.multi_session.security.rate_limits import RateLimits
from tests.support.browser import PASSWORD, Browser
from tests.support.guesses import ELSEWHERE, HOME, guess, guess_at_once, guess_many, sign_in
from tests.support.running import run
from tests.support.world import Clock, World

pytestmark = [pytest.mark.usefixtures("one_clock"), pytest.mark.sqlite]

Open = Callable[..., Browser]


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of passwords that were verified, each at the cost of a hash."""
    seen: list[str] = []
    verify = passwords.verify_password

    async def noted(password: str, password_hash: str | None) -> tuple[bool, str | None]:
        seen.append(password)
        return await verify(password, password_hash)

    monkeypatch.setattr(passwords, "verify_password", noted)
    return seen


@pytest.mark.standard("ASVS 6.3.1")
def test_ten_wrong_passwords_are_answered_and_then_not_even_the_right_one_is(at: Open) -> None:
    """The eleventh attempt is 429, with when to come back, in a header and in words (RFC 6585, 4)."""
    at().sign_up("ada")
    assert guess(at(), "ada", times=10) == [401] * 10
    answer = sign_in(at(), "ada")
    assert answer.status_code == 429
    assert answer.json() == {
        "code": "TOO_MANY_REQUESTS",
        "message": "Too many attempts. Try again in 15 min.",
    }
    assert (answer.headers["retry-after"], answer.headers["x-retry-after"]) == ("900", "900")
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_whoever_waits_as_long_as_the_answer_says_is_heard(at: Open, clock: Clock) -> None:
    """Trying meanwhile makes it no longer."""
    at().sign_up("ada")
    guess(at(), "ada", times=10)
    clock.advance(minutes=14, seconds=59)
    answer = sign_in(at(), "ada")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    clock.advance(seconds=1)
    assert sign_in(at(), "ada").status_code == 200


@pytest.mark.standard("ASVS 6.3.8")
def test_known_and_unknown_addresses_are_refused_alike_and_cost_no_hash(
    at: Open, world: World, verified: list[str]
) -> None:
    """Nor does either leave anything behind."""
    at().sign_up("ada")
    before = world.everything()
    for name in ("ada", "nobody"):
        guess(at(), name, times=10)
    assert len(verified) == 20
    known, unknown = (sign_in(at(), name) for name in ("ada", "nobody"))
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert known.status_code == 429
    assert known.headers == unknown.headers
    assert len(verified) == 20
    assert world.everything() | {"security_event": []} == before | {"security_event": []}


def test_a_wrong_password_counts_for_this_account_and_this_address_only(at: Open) -> None:
    """Another account from here and the same one from elsewhere are let in."""
    for name in ("ada", "bob"):
        at().sign_up(name)
    assert guess(at(), "ada", times=11)[-1] == 429
    assert sign_in(at(), "bob").status_code == 200
    assert sign_in(at(ELSEWHERE), "ada").status_code == 200


def test_an_account_is_one_however_its_address_is_typed(at: Open) -> None:
    """Capitals and white space are no new account to guess at."""
    for typed in ("ada@example.com", "ADA@EXAMPLE.COM", " ada@example.com", "\uff41da@example.com") * 3:
        answer = at().post("/sign-in/email", {"email": typed, "password": "wrong " + PASSWORD})
    assert answer.status_code == 429


def test_a_right_password_is_not_counted(at: Open) -> None:
    """Nine failures stay nine, whoever signs in meanwhile."""
    at().sign_up("ada")
    assert guess(at(), "ada", times=9) == [401] * 9
    assert [sign_in(at(), "ada").status_code for _ in range(3)] == [200] * 3
    assert guess(at(), "ada", times=2) == [401, 429]


def test_a_right_password_is_not_counted_even_if_it_signs_nobody_in(
    kit_with: Callable[..., MultiSession], client: Open
) -> None:
    """On a full device it is the place that is missing."""
    kit = kit_with(maximum_sessions=1, revoke_oldest_on_max=False)
    full = client(kit)
    client(kit).sign_up("ada")
    full.sign_up("bob")
    assert [sign_in(full, "ada").status_code for _ in range(11)] == [403] * 11


def test_strangers_cannot_keep_a_device_out_that_knows_the_account(at: Open) -> None:
    """Even at the same address, and even when the owner has signed out there, and others have not."""
    owner = at()
    owner.sign_up("bob")
    ada = owner.sign_up("ada")
    assert guess(at(), "ada", times=11)[-1] == 429
    assert owner.post("/multi-session/revoke", {"sessionToken": ada}).status_code == 200
    assert sign_in(owner, "ada").status_code == 200
    assert sign_in(owner, "ada").status_code == 200


def test_a_device_that_knows_the_account_has_ten_guesses_of_its_own(at: Open) -> None:
    """A stolen one is stopped too, wherever it is taken, and costs the others none."""
    owner = at()
    owner.sign_up("ada")
    assert guess(owner, "ada", times=10) == [401] * 10
    owner.address = ELSEWHERE
    assert guess(owner, "ada") == [429]
    assert guess(at(), "ada", times=11) == [401] * 10 + [429]


def test_a_device_is_a_stranger_to_every_other_account(at: Open) -> None:
    """Neither one's own account on it nor an unknown cookie gives further guesses."""
    at().sign_up("ada")
    mallory = at()
    mallory.sign_up("mallory")
    assert guess(mallory, "ada", times=4) == [401] * 4
    assert guess(at().holding("x" * 43), "ada", times=6) == [401] * 6
    assert guess(mallory, "ada") == [429]


@pytest.mark.standard("ASVS 6.3.1")
def test_of_many_guesses_at_once_no_more_are_verified_than_one_after_the_other(
    at: Open, verified: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted before they are verified, even if so many could wait for it."""
    monkeypatch.setattr(password_queue, "PASSWORDS_WAITING_OF_DEVICE", 40)
    at().sign_up("ada")
    answers = run(guess_at_once(at().app, name="ada", times=40))
    assert (answers.count(401), answers.count(429)) == (10, 30)
    assert len(verified) == 10


def test_switched_off_nothing_is_counted(client: Open, multi_session: MultiSession) -> None:
    """For load tests."""
    multi_session.rate_limits = RateLimits(is_on=False)
    assert guess(client(), "ada", times=12) == [401] * 12


def test_a_right_password_that_took_till_the_next_window_gives_no_further_guess(clock: Clock) -> None:
    """What it was counted in is over; the next count does not begin below zero."""
    limits, source = RateLimits(), Source(ip_address=HOME)

    async def attempts() -> None:
        slow = await limits.count_sign_in("ada@example.com", source, known_by=None)
        clock.advance(hours=1)
        await limits.succeeded(slow)
        for _ in range(10):
            await limits.failed(await limits.count_sign_in("ada@example.com", source, known_by=None))
        with pytest.raises(TooManyAttempts):
            await limits.count_sign_in("ada@example.com", source, known_by=None)

    run(attempts())


def test_what_was_counted_long_ago_takes_no_memory(at: Open, multi_session: MultiSession, clock: Clock) -> None:
    """Every address and every e-mail that somebody thinks of is a key."""
    assert guess_many(at(), times=20) == {401}
    storage: Any = multi_session.rate_limits._own.storage
    # Of each e-mail the failures here, those of all strangers, and the right passwords; and those of the address.
    assert len(storage.storage) == 3 * 20 + 1
    clock.advance(days=1)
    guess(at(), "ada")
    assert len(storage.storage) == len(storage.expirations) == len(storage.locks) == 3 + 1


def test_whoever_makes_counters_without_end_gets_neither_memory_nor_further_guesses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a whole IPv6 network to come from: what cannot be counted apart is counted together."""
    monkeypatch.setattr(counters, "COUNTERS_MAX", 200)
    limits = RateLimits()
    storage: Any = limits._own.storage

    async def guess_at(email: str, address: str) -> None:
        await limits.failed(await limits.count_sign_in(email, Source(ip_address=address), known_by=None))

    async def attack() -> None:
        for number in range(600):
            with suppress(TooManyAttempts):
                await guess_at(f"{number}@example.com", f"2001:db8:{number:x}::1")
        assert len(storage.storage) < 200 * 9
        with pytest.raises(TooManyAttempts):
            for _ in range(11):
                await guess_at("ada@example.com", HOME)

    run(attack())


def test_an_address_that_is_refused_makes_no_further_keys(at: Open, multi_session: MultiSession) -> None:
    """However many e-mails it thinks of."""
    assert guess_many(at(), times=100) == {401}
    storage: Any = multi_session.rate_limits._own.storage
    held = len(storage.storage)
    assert guess(at(), "somebody new") == [429]
    assert len(storage.storage) == held

"""How often somebody may guess, or sign up, from one address, and what an address is."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.guesses import ELSEWHERE, HOME, guess, guess_many, sign_in
from tests.support.world import Clock

pytestmark = [pytest.mark.usefixtures("one_clock"), pytest.mark.sqlite]

FORWARDED = {"X-Forwarded-For": "203.0.113.5"}

Open = Callable[..., Browser]


@pytest.mark.standard("ASVS 6.3.1")
def test_a_hundred_failures_from_one_address_are_answered_and_then_none(at: Open, clock: Clock) -> None:
    """Whatever accounts they are for, an account of one's own gives no further guesses, and it takes an hour."""
    owner = at()
    owner.sign_up("ada")
    owner.sign_up("mallory")
    assert guess_many(at(), times=50) == {401}
    assert [sign_in(at(), "mallory").status_code for _ in range(2)] == [200] * 2
    # Of those that know the account a device is counted by itself, and those that are refused are not counted.
    assert guess(owner, "ada", times=11) == [401] * 10 + [429]
    assert guess_many(at(), times=50) == {401}
    answer = sign_in(at(), "mallory")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")
    assert answer.json()["message"] == "Too many attempts. Try again in 60 min."
    assert sign_in(owner, "mallory").status_code == 200
    assert sign_in(at(ELSEWHERE), "mallory").status_code == 200
    clock.advance(hours=1)
    assert guess(at(), "mallory") == [401]


def test_what_is_refused_for_one_account_is_not_counted_for_the_address(at: Open) -> None:
    """A forgotten script that goes on and on with one account does not lock a whole office out."""
    guess(at(), "ada", times=10 + 100)
    assert guess(at(), "bob") == [401]


@pytest.mark.parametrize(
    ("one", "other", "is_one_visitor"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1:50000", "192.0.2.1:50001", True),
        ("[2001:db8::1]:50000", "2001:db8::2", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("unknown", "", False),
    ],
)
def test_a_visitor_is_an_ipv4_address_or_an_ipv6_network(at: Open, one: str, other: str, is_one_visitor: bool) -> None:
    """A household has 2**64 addresses of its own; the port is no part of any."""
    guess(at(one), "ada", times=10)
    assert guess(at(other), "ada") == [429 if is_one_visitor else 401]


def test_fifty_sign_ups_from_one_address_are_answered_and_then_none(
    kit_with: Callable[..., MultiSession], client: Open, clock: Clock
) -> None:
    """Made or refused: each would tell whether an e-mail is taken. Typing mistakes tell nothing and are free."""
    kit = kit_with(maximum_sessions=1, revoke_oldest_on_max=False)
    full = client(kit, address=HOME)
    full.sign_up("ada")

    def ask(visitor: Browser, person: str, **more: str) -> httpx.Response:
        return visitor.post("/sign-up/email", {"name": person, "email": email_of(person), "password": PASSWORD, **more})

    assert {ask(full, f"free{number}").status_code for number in range(24)} == {403}
    assert {ask(client(kit, address=HOME), "ada").status_code for _ in range(24)} == {422}
    mistakes = {"name": ""}, {"email": "no address"}, {"password": "short"}, {"password": "password1"}
    assert {ask(full, "bob", **mistake).status_code for mistake in mistakes * 10} == {400}
    assert ask(client(kit, address=HOME), "bob").status_code == 200
    for name in ("ada", "cleo"):
        answer = ask(client(kit, address=HOME), name)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "3600")
    assert sign_in(client(kit, address=HOME), "bob").status_code == 200
    assert ask(client(kit, address=ELSEWHERE), "cleo").status_code == 200
    clock.advance(hours=1)
    assert ask(client(kit, address=HOME), "dora").status_code == 200


@pytest.mark.slow
def test_behind_an_unknown_proxy_nobody_is_limited_by_its_address(at: Open) -> None:
    """It is everyone's; guesses at one account are still bounded."""
    known = at()
    known.sign_up("ada")
    assert guess_many(at(), times=101, headers=FORWARDED) == {401}
    for number in range(51):
        body = {"name": "Bob", "email": email_of(f"bob{number}"), "password": PASSWORD}
        assert at().post("/sign-up/email", body, FORWARDED).status_code == 200
    assert guess(at(), "ada", times=10, headers=FORWARDED) == [401] * 10
    assert guess(at(), "ada", headers={"X-Forwarded-For": "203.0.113.77"}) == [429]
    assert sign_in(known, "ada", FORWARDED).status_code == 200


def test_forging_the_header_gives_no_further_guesses_at_an_account(at: Open) -> None:
    """Of a server that is reached directly; and it does not keep the owner's new devices out."""
    at().sign_up("ada")
    assert guess(at(ELSEWHERE), "ada", times=5) == [401] * 5
    assert guess(at(ELSEWHERE), "ada", times=5, headers=FORWARDED) == [401] * 5
    assert guess(at(ELSEWHERE), "ada") + guess(at(ELSEWHERE), "ada", headers=FORWARDED) == [429, 429]
    assert sign_in(at(HOME), "ada").status_code == 200


def test_behind_a_trusted_proxy_visitors_are_told_apart(
    kit_with: Callable[..., MultiSession], client: Open, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever they write into the header themselves."""
    kit = kit_with(trusted_proxy_hops=1)

    def arrive(address: str, forged: str) -> list[int]:
        return guess(client(kit), "ada", headers={"X-Forwarded-For": f"{forged}, {address}"})

    for number in range(10):
        assert arrive(ELSEWHERE, f"203.0.113.{number}") == [401]
    assert arrive(ELSEWHERE, "203.0.113.99") == [429]
    assert arrive(HOME, ELSEWHERE) == [401]
    assert caplog.messages == []


def test_words_instead_of_an_address_are_no_visitor_of_their_own(
    kit_with: Callable[..., MultiSession], client: Open
) -> None:
    """With a hop too many set, what a visitor writes is believed; but only an address is one."""
    kit = kit_with(trusted_proxy_hops=2)

    def arrive(forged: str) -> list[int]:
        return guess(client(kit, address=HOME), "ada", headers={"X-Forwarded-For": f"{forged}, 10.0.0.9"})

    assert [arrive(f"word {number}") for number in range(11)] == [[401]] * 10 + [[429]]


@pytest.mark.standard("ASVS 4.1.3")
def test_who_comes_from_the_open_internet_cannot_escape_by_the_header(at: Open) -> None:
    """No proxy of this server's stands there: the header is the visitor's own."""
    public = "8.8.8.8"
    assert guess_many(at(public), times=101, headers=FORWARDED) == {401, 429}

"""How many wrong passwords in a row an account takes, wherever they come from (NIST SP 800-63B-4, 3.2.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv6Address
from itertools import count

import pytest

from multisession_app.multi_session.actions.multi_session import MultiSession
from tests.support.browser import PASSWORD, Browser
from tests.support.guesses import ELSEWHERE, HOME, guess, sign_in
from tests.support.world import Clock

pytestmark = [pytest.mark.usefixtures("one_clock"), pytest.mark.sqlite]

Open = Callable[..., Browser]


@pytest.fixture
def networks() -> Iterator[str]:
    """Return addresses without end, no two of one IPv6 network of a customer."""
    return (f"2001:db8:{number:x}::1" for number in count(1))


def guess_from(networks: Iterator[str], at: Open, name: str, times: int) -> list[int]:
    """Try a wrong password so many times, from another network each time."""
    return [status for _ in range(times) for status in guess(at(next(networks)), name)]


@pytest.mark.standard("ASVS 6.3.1", "NIST 3.2.2")
@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_hundred_and_first_guess_in_a_row_is_refused_from_wherever_it_comes(
    at: Open, networks: Iterator[str], name: str
) -> None:
    """Of devices that do not know the account; whether or not there is one."""
    at().sign_up("ada")
    assert guess_from(networks, at, name, 100) == [401] * 100
    answer = sign_in(at(next(networks)), name)
    assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert answer.headers["retry-after"] == "86400"
    assert answer.json()["message"] == (
        "Too many wrong passwords for this account. Sign in on another device that has been signed in with it before, "
        "or try again in 24 h."
    )
    assert sign_in(at(ELSEWHERE), name).status_code == 429


@pytest.mark.standard("NIST 3.2.2")
def test_owner_gets_in_meanwhile_and_by_that_on_new_devices_too(at: Open, networks: Iterator[str]) -> None:
    """A device that knows the account is counted by itself, and its right password ends the row."""
    owner = at()
    owner.sign_up("ada")
    guess_from(networks, at, "ada", 101)
    phone = at(ELSEWHERE)
    assert sign_in(phone, "ada").status_code == 429
    assert owner.post("/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert sign_in(phone, "ada").status_code == 200


def test_strangers_are_heard_again_after_a_day(at: Open, networks: Iterator[str], clock: Clock) -> None:
    """An owner who has lost all devices is not locked out for ever."""
    at().sign_up("ada")
    guess_from(networks, at, "ada", 101)
    clock.advance(hours=23, minutes=59)
    assert sign_in(at(ELSEWHERE), "ada").status_code == 429
    clock.advance(minutes=1)
    assert sign_in(at(ELSEWHERE), "ada").status_code == 200


def test_a_right_password_begins_the_row_anew(at: Open, networks: Iterator[str]) -> None:
    """Consecutive failures count, not all of them."""
    at().sign_up("ada")
    guess_from(networks, at, "ada", 99)
    assert sign_in(at(ELSEWHERE), "ada").status_code == 200
    assert guess_from(networks, at, "ada", 101) == [401] * 100 + [429]


def test_stolen_device_has_a_hundred_guesses_in_a_row(at: Open, clock: Clock) -> None:
    """Ten in a quarter of an hour, and no more than a hundred that day; other devices of the account have their own."""
    owner, other = at(), at()
    owner.sign_up("ada")
    sign_in(other, "ada")
    thief = owner.copy()
    for _ in range(10):
        assert [thief.post("/reauthenticate", {"password": "wrong"}).status_code for _ in range(11)] == [400] * 10 + [
            429
        ]
        clock.advance(minutes=15)
    answer = thief.post("/reauthenticate", {"password": PASSWORD})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, str(86400 - 150 * 60))
    assert sign_in(other, "ada").status_code == 200
    assert sign_in(at(ELSEWHERE), "ada").status_code == 200
    clock.advance(hours=21, minutes=30)
    assert thief.post("/reauthenticate", {"password": PASSWORD}).status_code == 200


def test_right_password_on_a_device_begins_its_row_anew(at: Open, clock: Clock) -> None:
    """A person who mistypes now and then never meets the limit."""
    owner = at()
    owner.sign_up("ada")
    for _ in range(12):
        assert guess(owner, "ada", times=9) == [401] * 9
        assert sign_in(owner, "ada").status_code == 200
        clock.advance(minutes=15)


@pytest.mark.parametrize(("prefix", "most"), [(64, 100), (56, 300), (48, 1000)])
def test_ipv6_networks_have_limits_of_their_own(
    at: Open, multi_session: MultiSession, monkeypatch: pytest.MonkeyPatch, prefix: int, most: int
) -> None:
    """Each the sum of several households; with other accounts, so that only the network counts."""
    monkeypatch.setattr("multisession_app.multi_session.security.rate_limits.FAILED_SIGN_INS_OF_ADDRESS", "2 per hour")
    base = int("20010db8000100000000000000000000", 16)
    # As many different networks of the next size as it takes.
    step = {64: 1, 56: 1 << 64, 48: 1 << 72}[prefix]
    found = []
    for number in range(most // 50 + 1):
        found += guess(at(str(IPv6Address(base + number * step))), f"nobody{number}")
    assert found == [401] * (most // 50) + [429]
    assert guess(at("2001:db8:2::1"), "somebody") == [401]


def test_right_passwords_of_one_account_are_limited(at: Open, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each writes rows; nobody who does not know the password can use them up."""
    monkeypatch.setattr("multisession_app.multi_session.security.rate_limits.SIGN_INS_OF_ACCOUNT", "20 per hour")
    owner = at()
    owner.sign_up("ada")
    guess(at(ELSEWHERE), "ada", times=10)
    assert [sign_in(at(), "ada").status_code for _ in range(19)] == [200] * 19
    assert owner.post("/reauthenticate", {"password": PASSWORD}).status_code == 200
    # A wrong one is answered alike, so that the answer does not tell which is right.
    assert guess(at(HOME), "ada") + [sign_in(visitor, "ada").status_code for visitor in (at(), owner)] == [429] * 3
    clock.advance(hours=1)
    assert sign_in(at(), "ada").status_code == 200

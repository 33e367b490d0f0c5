"""Which passwords are taken, and how they are kept."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from passlib.context import CryptContext
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from multisession_app.multi_session.errors import PasswordTooCommon, PasswordTooLong, PasswordTooShort
from multisession_app.multi_session.options import PASSWORD_MAX, PASSWORD_MIN
from multisession_app.multi_session.security import passwords
from multisession_app.multi_session.security.passwords import check_password, hash_password, verify_password
from tests.support.running import run

pytestmark = pytest.mark.real_hashes
GOOD = "correct horse battery staple"


def test_hash_is_argon2id_with_owasps_parameters() -> None:
    """m=19 MiB, t=2, p=1: the Password Storage Cheat Sheet's second choice."""
    assert run(hash_password(GOOD)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_same_password_has_another_hash() -> None:
    """Each is salted."""
    assert run(hash_password(GOOD)) != run(hash_password(GOOD))


def test_right_password_is_right_and_a_wrong_one_wrong() -> None:
    """A hash of today's parameters is not made anew."""
    stored = run(hash_password(GOOD))
    assert run(verify_password(GOOD, stored)) == (True, None)
    assert run(verify_password(GOOD + " ", stored)) == (False, None)
    assert run(verify_password(GOOD.upper(), stored)) == (False, None)
    assert run(verify_password("", stored)) == (False, None)


def test_hash_with_old_parameters_is_replaced_once_the_password_is_known() -> None:
    """Parameters can be raised without asking anyone for a new password."""
    old = CryptContext(schemes=["argon2"], argon2__memory_cost=1024, argon2__time_cost=1, argon2__parallelism=1).hash(
        GOOD
    )
    is_right, new = run(verify_password(GOOD, old))
    assert is_right
    assert new is not None
    assert new.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert run(verify_password(GOOD, new)) == (True, None)
    assert run(verify_password("wrong", old)) == (False, None)


@pytest.mark.standard("ASVS 6.2.9")
def test_long_password_counts_to_its_last_character() -> None:
    """128 characters of four bytes each are hashed whole."""
    longest = "🔑" * 127
    stored = run(hash_password(longest + "a"))
    assert run(verify_password(longest + "a", stored))[0]
    assert not run(verify_password(longest + "b", stored))[0]


@pytest.mark.standard("NIST 3.1.1.2")
def test_two_keyboards_type_the_same_password() -> None:
    """Composed and decomposed characters are the same to a person."""
    assert run(verify_password("cafe\u0301 au lait", run(hash_password("caf\u00e9 au lait"))))[0]


def test_over_long_password_is_wrong_and_not_an_error() -> None:
    """It cannot have been stored."""
    assert run(verify_password("x" * 100_000, run(hash_password("x" * 128)))) == (False, None)


@pytest.mark.standard("ASVS 6.2.1")
@pytest.mark.parametrize("characters", [0, 1, 7])
def test_short_password_is_refused(characters: int) -> None:
    """Characters count, not bytes."""
    with pytest.raises(PasswordTooShort):
        check_password("ä9Kx🔑qZ"[:characters], about=[])


@pytest.mark.standard("ASVS 6.2.1", "ASVS 6.2.9", "NIST 3.1.1.2")
def test_eight_and_128_characters_are_taken_and_129_refused() -> None:
    """The edges."""
    check_password("vK9#xq2L", about=[])
    long = "vK9#xq2L" * 20
    check_password(long[:128], about=[])
    with pytest.raises(PasswordTooLong):
        check_password(long[:129], about=[])


@pytest.mark.standard("NIST 3.1.1.2")
@pytest.mark.parametrize("password", ["password", "12345678", "qwertyuiop", "aaaaaaaaaaaa", "iloveyou", "P@ssw0rd"])
def test_common_password_is_refused(password: str) -> None:
    """Among the first that anyone would guess."""
    with pytest.raises(PasswordTooCommon):
        check_password(password, about=[])


@pytest.mark.standard("ASVS 6.2.4")
def test_the_3000_most_common_that_are_long_enough_are_refused() -> None:
    """However they are capitalised."""
    common = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= PASSWORD_MIN][:3000]
    assert len(common) == 3000
    for password in (form for word in common for form in (word, word.title())):
        with pytest.raises(PasswordTooCommon):
            check_password(password, about=[])


@pytest.mark.standard("NIST 3.1.1.2")
@pytest.mark.parametrize("password", ["ada.zwackelmann@example.com", "Zwackelmann", "zwackelmann1"])
def test_own_name_and_address_are_refused(password: str) -> None:
    """A guesser begins with them."""
    with pytest.raises(PasswordTooCommon):
        check_password(password, about=["Ada Zwackelmann", "ada.zwackelmann@example.com"])


@pytest.mark.standard("ASVS 6.2.5", "NIST 3.1.1.2")
def test_pass_phrase_is_taken() -> None:
    """No rule about digits or signs."""
    check_password(GOOD, about=["Ada Lovelace", "ada@example.com"])


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=130))
def test_any_text_is_judged_and_never_an_error(password: str) -> None:
    """Whatever a person types, the answer is one of four."""
    try:
        check_password(password, about=["Ada", "ada@example.com"])
    except (PasswordTooShort, PasswordTooLong, PasswordTooCommon):
        return
    assert 8 <= len(password) <= 128


def test_password_that_normalizes_to_many_characters_is_kept() -> None:
    """NFKC makes 18 characters of this one."""
    password = "\ufdfa" * 128
    assert run(verify_password(password, run(hash_password(password))))[0]


@pytest.mark.standard("ASVS 6.3.8")
def test_unknown_email_costs_a_hash_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time does not tell whether an e-mail is known: the same argon2 work is done."""
    verified: list[str] = []
    real = passwords._context.verify_and_update

    def verify(secret: str, stored: str) -> Any:
        verified.append(stored)
        return real(secret, stored)

    monkeypatch.setattr(passwords._context, "verify_and_update", verify)
    assert run(verify_password(GOOD, None)) == (False, None)
    assert [stored.rpartition("$")[0].rpartition("$")[0] for stored in verified] == ["$argon2id$v=19$m=19456,t=2,p=1"]


def test_unknown_email_opens_by_no_password() -> None:
    """Not even by that of the hash that is verified in its place."""
    assert run(verify_password("the password of nobody", None)) == (False, None)


def test_only_so_many_hashes_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of sign-ins takes no more memory and cores than two of them."""
    guard, running, most, real = threading.Lock(), 0, 0, passwords._context.hash

    def counted_hash(password: str) -> str:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        try:
            return str(real(password))
        finally:
            with guard:
                running -= 1

    monkeypatch.setattr(passwords._context, "hash", counted_hash)

    async def flood() -> list[str]:
        return await asyncio.gather(*(hash_password(str(number)) for number in range(12)))

    assert len(run(flood())) == 12
    assert most == 2


def test_over_long_password_is_refused_before_anything_is_done_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Normalising marks takes a time that grows with the square of their number."""
    monkeypatch.setattr(passwords, "_normal", lambda text: pytest.fail("normalised"))
    with pytest.raises(PasswordTooLong):
        check_password("a" * (PASSWORD_MAX + 1), about=[])

"""Passwords: which are allowed, and argon2id hashes made and verified in threads.

Parameters m=19456 KiB, t=2, p=1: OWASP Password Storage Cheat Sheet, second recommendation for argon2id.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from functools import cache

import anyio
import anyio.to_thread
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from ..errors import PasswordTooCommon, PasswordTooLong, PasswordTooShort
from ..options import HASHES_AT_ONCE, PASSWORD_MAX, PASSWORD_MIN

with warnings.catch_warnings():
    # passlib 1.7.4 imports the standard library's deprecated `crypt` and reads argon2's deprecated `__version__`.
    warnings.simplefilter("ignore", DeprecationWarning)
    from passlib.context import CryptContext

    _context = CryptContext(
        schemes=["argon2"],
        argon2__type="ID",
        argon2__memory_cost=19456,
        argon2__time_cost=2,
        argon2__parallelism=1,
    )
    _context.dummy_verify()

_DISTINCT_MIN = 4
# About 30,000 passwords by frequency. Their estimator is not used: for an odd password of 72 characters it takes
# seconds of pure Python, with which an attacker could hold up the server.
_COMMON = frozenset(FREQUENCY_LISTS["passwords"])
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def check_password(password: str, *, minimum: int = PASSWORD_MIN, about: list[str], field: str = "") -> None:
    """Refuse a password that is too short, too long or too common.

    `minimum` is the option `password_minimum`. `about` holds what a guesser tries first: the name and the e-mail.
    `field` is the form's name of the field, if it is not "password".

    A password is common (NIST SP 800-63B-4, 3.1.1.2) if it is a word of the list or of `about`, in whatever case and
    width and with whatever digits and signs around it, or if it has fewer than four different characters.

    Raises:
        PasswordTooShort, PasswordTooLong: lengths are in characters.
        PasswordTooCommon: as above.
    """
    # This comes first: the time to normalise a text grows with the square of its length.
    if len(password) > PASSWORD_MAX:
        raise PasswordTooLong(field)
    # The check sees the text that is hashed: full-width letters spell "password" too.
    text = _normal(password)
    if min(len(text), len(password)) < minimum:
        raise PasswordTooShort(field)
    text = text.casefold()
    expected = {part for known in about for part in (known.casefold(), *re.split(r"[\s@]+", known.casefold())) if part}
    guesses = {text, _EDGES.sub("", text)}
    if len(set(text)) < _DISTINCT_MIN or guesses & _COMMON or guesses & expected:
        raise PasswordTooCommon(field)


async def hash_password(password: str) -> str:
    """Return the password's argon2id hash, made in a thread."""
    return str(await anyio.to_thread.run_sync(_context.hash, _normal(password), limiter=_limiter()))


async def verify_password(password: str, password_hash: str | None) -> tuple[bool, str | None]:
    """Say whether the password is right, and give a new hash if the stored one has old parameters.

    With None for the hash the answer is no after the same work, so that the time does not tell whether an e-mail is
    known (ASVS 6.3.8).
    """
    # One way for all, so that no step of it is taken for a known e-mail only. A longer one cannot have been stored.
    is_possible = len(password) <= PASSWORD_MAX
    typed = _normal(password) if is_possible else ""
    stored = password_hash if is_possible and password_hash is not None else _dummy_hash()
    right, new_hash = await anyio.to_thread.run_sync(_context.verify_and_update, typed, stored, limiter=_limiter())
    return (bool(right), new_hash) if stored is password_hash else (False, None)


def is_same(one: str, other: str) -> bool:
    """Say whether two passwords open the same account."""
    return _normal(one) == _normal(other)


def _normal(password: str) -> str:
    # Two keyboards may encode the same character differently (NIST SP 800-63B-4, 3.1.1.2).
    return unicodedata.normalize("NFKC", password)


@cache
def _dummy_hash() -> str:
    return str(_context.hash("the password of nobody"))


@cache
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(HASHES_AT_ONCE)

"""Passwords: what is allowed, and argon2id off the event loop.

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
from ..options import PASSWORD_MAX, PASSWORD_MIN

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

# Each hash takes 19 MiB and a core for some 25 ms: more at once would only make a flood of sign-ins everyone's
# problem.
_HASHES_AT_ONCE = 2
_DISTINCT_MIN = 4
# Some 30,000 passwords by frequency. The estimator that comes with them takes seconds for an odd password of 72
# characters, in pure Python: a look-up cannot be made to hold up the server.
_COMMON = frozenset(FREQUENCY_LISTS["passwords"])
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def check_password(password: str, *, about: list[str], field: str = "") -> None:
    """Refuse what is too short, too long or too common; `about` is what a guesser would try first: name, e-mail.

    `field` is what the form calls it, if not "password".

    Common is (NIST SP 800-63B-4, 3.1.1.2) a word of the list or of `about`, however it is written and whatever
    digits and signs stand around it, and a text of fewer than four different characters.

    Raises:
        PasswordTooShort, PasswordTooLong, PasswordTooCommon: as they say, in characters.
    """
    # First of all: normalising takes a time that grows with the square of the length.
    if len(password) > PASSWORD_MAX:
        raise PasswordTooLong(field)
    # What is hashed is what is judged: full-width letters spell "password" as well.
    text = _normal(password)
    if min(len(text), len(password)) < PASSWORD_MIN:
        raise PasswordTooShort(field)
    text = text.casefold()
    expected = {part for known in about for part in (known.casefold(), *re.split(r"[\s@]+", known.casefold())) if part}
    guesses = {text, _EDGES.sub("", text)}
    if len(set(text)) < _DISTINCT_MIN or guesses & _COMMON or guesses & expected:
        raise PasswordTooCommon(field)


async def hash_password(password: str) -> str:
    """Return the argon2id hash, made in a thread."""
    return str(await anyio.to_thread.run_sync(_context.hash, _normal(password), limiter=_limiter()))


async def verify_password(password: str, password_hash: str | None) -> tuple[bool, str | None]:
    """Say whether the password is right, and give a new hash if the stored one has old parameters.

    With None for the hash the same work is done and the answer is no, so that time does not tell whether an
    e-mail is known (ASVS 6.3.8).
    """
    if password_hash is None or len(password) > PASSWORD_MAX:
        await anyio.to_thread.run_sync(lambda: _context.verify("", _dummy_hash()), limiter=_limiter())
        return False, None
    right, new_hash = await anyio.to_thread.run_sync(
        _context.verify_and_update, _normal(password), password_hash, limiter=_limiter()
    )
    return bool(right), new_hash


def is_same(one: str, other: str) -> bool:
    """Say whether two passwords open the same account."""
    return _normal(one) == _normal(other)


def _normal(password: str) -> str:
    # Two keyboards may type the same character differently (NIST SP 800-63B-4, 3.1.1.2).
    return unicodedata.normalize("NFKC", password)


@cache
def _dummy_hash() -> str:
    return str(_context.hash("the password of nobody"))


@cache
def _limiter() -> anyio.CapacityLimiter:
    return anyio.CapacityLimiter(_HASHES_AT_ONCE)

"""Every word a person reads can be replaced, and none is left over."""

from __future__ import annotations

import ast
import string
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from multisession_app.multi_session import errors, localization
from multisession_app.multi_session.errors import (
    MethodNotAllowed,
    MultiSessionError,
    OptionsError,
    PasswordTooShort,
    TooManyAttempts,
    TooManyGuesses,
    TooManySessions,
)
from multisession_app.multi_session.localization import Localization
from multisession_app.multi_session.options import Options

KIT = Path(localization.__file__).parent
WORDS = [word.name for word in fields(Localization)]
REFUSALS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MultiSessionError)]


def test_partial_override_keeps_the_other_words() -> None:
    """One word replaced, the others English."""
    words = localization.localization({"switch_account": "Konto wechseln"})
    assert words.switch_account == "Konto wechseln"
    assert words.add_account == "Add Account"


def test_upstreams_four_words_are_its_own() -> None:
    """The names and texts of better-auth-ui's multi-session plugin."""
    words = Localization()
    assert (words.switch_account, words.add_account, words.manage_accounts, words.manage_accounts_description) == (
        "Switch Account",
        "Add Account",
        "Manage accounts",
        "Manage your accounts for secure access.",
    )


def test_unknown_word_is_refused() -> None:
    """A typing mistake does not pass for a translation."""
    with pytest.raises(OptionsError, match="swich_account"):
        localization.localization({"swich_account": "…"})


@pytest.mark.parametrize("text", [None, 5, b"bytes", ["list"]])
def test_word_that_is_no_string_is_refused(text: Any) -> None:
    """The sentence names the word."""
    with pytest.raises(OptionsError, match="add_account"):
        localization.localization({"add_account": text})


def test_every_word_is_there_and_fills_in_only_what_is_known() -> None:
    """No empty word, and no placeholder that nobody fills in."""
    known = {
        "name",
        "next",
        "accounts",
        "count",
        "minutes",
        "browser",
        "system",
        "device",
        "time",
        "email",
        "minimum",
        "hours",
    }
    texts = {word: getattr(Localization(), word) for word in WORDS}
    filled_in = {word: {name for _, name, *_ in string.Formatter().parse(text)} for word, text in texts.items()}
    assert [word for word, text in texts.items() if not text.strip()] == []
    assert {word: names - known for word, names in filled_in.items() if names - known - {None}} == {}


def test_every_word_is_used_in_the_kit() -> None:
    """A word that nothing shows would be translated for nothing."""
    used = _used()
    assert [word for word in WORDS if word not in used] == []


@pytest.mark.parametrize("kind", REFUSALS)
def test_every_refusal_has_a_sentence(kind: type[MultiSessionError]) -> None:
    """Each has a code, a word that exists, and a 4xx status, or that of a server that failed or cannot answer."""
    needs: dict[type[MultiSessionError], Any] = {
        TooManySessions: [("id", "Ada", "a@b.c"), ("id", "Bob", "b@b.c")],
        TooManyAttempts: 61,
        TooManyGuesses: 61,
        MethodNotAllowed: "GET",
    }
    error = kind(needs[kind]) if kind in needs else kind()
    assert 400 <= error.status < 500 or error.status in {500, 503}
    assert error.code == error.code.upper()
    assert "{" not in Options().words.sentence(error)


def test_full_device_names_the_accounts() -> None:
    """The person reads whom to sign out of."""
    error = TooManySessions([("1", "Ada", "ada@example.com"), ("2", "{accounts}", "b@example.com")])
    assert "Ada, {accounts}" in Localization().sentence(error)


@pytest.mark.parametrize(("seconds", "minutes"), [(1, 1), (60, 1), (61, 2), (900, 15), (3600, 60)])
def test_wait_is_said_in_whole_minutes_rounded_up(seconds: int, minutes: int) -> None:
    """Whoever comes back when the sentence says so is heard."""
    assert Localization().sentence(TooManyAttempts(seconds)) == f"Too many attempts. Try again in {minutes} min."


def test_wait_of_a_day_is_said_in_hours() -> None:
    """With what helps at once."""
    sentence = Localization().sentence(TooManyGuesses(23 * 3600 + 1))
    assert sentence.endswith("or try again in 24 h.")


@pytest.mark.parametrize("minimum", [8, 15])
def test_length_of_a_password_is_said_as_the_app_asks_for_it(minimum: int) -> None:
    """Beside the field and in the refusal, in the app's own words too."""
    words = Options(password_minimum=minimum).words
    assert words.password_hint == f"At least {minimum} characters, and not a common password."
    assert words.sentence(PasswordTooShort()) == f"Use at least {minimum} characters."
    german = Options(password_minimum=minimum, localization={"password_too_short": "Mindestens {minimum} Zeichen."})
    assert german.words.sentence(PasswordTooShort()) == f"Mindestens {minimum} Zeichen."


def _used() -> set[str]:
    """Return every attribute that the kit reads and every word a refusal names."""
    used = {kind.word for kind in REFUSALS}
    for path in KIT.rglob("*.py"):
        if path.name == "localization.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                used.add(node.attr)
    return used

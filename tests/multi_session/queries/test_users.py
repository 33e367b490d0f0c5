"""Who may become a user, and who proves to be one."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from multisession_app.multi_session.database.models import User
from multisession_app.multi_session.database.public import UserPublic, initials
from multisession_app.multi_session.errors import (
    EmailTaken,
    InvalidCredentials,
    InvalidEmail,
    InvalidImage,
    InvalidName,
)
from multisession_app.multi_session.queries import users
from multisession_app.multi_session.security import validation
from tests.support.world import NOW, World


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ada@example.com", "ada@example.com"),
        (" Ada@Example.COM ", "ada@example.com"),
        ("ada+notes@example.com", "ada+notes@example.com"),
        ("\uff41da@example.com", "ada@example.com"),
        ("STRASSE@example.com", "strasse@example.com"),
        ("straße@example.com", "strasse@example.com"),
        ("ada@test", "ada@test"),
    ],
)
def test_address_is_stored_as_it_is_compared(typed: str, stored: str) -> None:
    """Casefolded NFKC, without white space around it."""
    assert validation.check_email(typed) == stored
    assert validation.check_email(stored) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "a b@example.com",
        "ada@exa mple.com",
        "ada@@example.com",
        "ada@example..com",
        "a@" + "b" * 250 + ".com",
        "x" * 100_000,
        "ada@example.com\n,eve@example.com",
        "ada\x00@example.com",
        "Ada <ada@example.com>",
        "ada@[127.0.0.1]",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    """By the syntax of RFC 5321 and 6531."""
    with pytest.raises(InvalidEmail):
        validation.check_email(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "ada@example.com",
        "ADA@münchen.example",
        "ada@xn--mnchen-3ya.example",
        "\uff41da@\uff45xample.com",
        "straße@straße.example",
    ],
)
def test_who_signed_up_is_found_by_the_same_address(world: World, typed: str) -> None:
    """However the domain is written, the person types it again as at the first time."""
    made = world.write(
        lambda db: users.create(db, name="Ada", email=validation.check_email(typed), password_hash="-", now=NOW)
    )
    found = world.read(lambda db: users.find(db, typed))
    assert found is not None
    assert found.id == made.id


@given(st.text(min_size=1, max_size=8).map("{}@example.com".format))
def test_stored_and_typed_address_meet(typed: str) -> None:
    """Whatever is taken at the sign-up is compared as it was stored."""
    try:
        stored = validation.check_email(typed)
    except InvalidEmail:
        return
    assert validation.check_email(stored) == stored


@pytest.mark.parametrize("typed", ["", "nobody@example.com", "' OR 1=1 --", "%", "ada@example.com\x00", "x" * 100_000])
def test_unknown_address_finds_nobody(world: World, typed: str) -> None:
    """Whatever is sent, no error and no one."""
    world.user("ada")
    assert world.read(lambda db: users.find(db, typed)) is None


def test_address_is_found_however_it_is_typed(world: World) -> None:
    """Capitals and spaces do not count."""
    ada = world.user("ada")
    found = world.read(lambda db: users.find(db, "  ADA@Example.com "))
    assert found is not None
    assert found.id == ada.id


def test_create_refuses_a_taken_address_and_makes_nothing(world: World) -> None:
    """The constraint decides, so two at the same moment make one user."""
    world.user("ada")
    with pytest.raises(EmailTaken):
        world.write(lambda db: users.create(db, name="B", email="ada@example.com", password_hash="-", now=NOW))
    assert len(world.rows(User)) == 1


@pytest.mark.parametrize(
    ("typed", "kept"), [("Ada", "Ada"), ("  Ada   L.\tX ", "Ada L. X"), ("李", "李"), ("a" * 100,) * 2]
)
def test_name_is_tidied(typed: str, kept: str) -> None:
    """White space is one space."""
    assert validation.check_name(typed) == kept


@pytest.mark.parametrize("typed", ["", "   ", "a" * 101, "A\x00da", "A\x1bda", "\ud800", "\u200d", "\u3164", "\u2800"])
def test_name_that_cannot_be_shown_is_refused(typed: str) -> None:
    """Empty, too long, or with control characters."""
    with pytest.raises(InvalidName):
        validation.check_name(typed)


@pytest.mark.parametrize("typed", [None, "", "   "])
def test_no_picture_is_none(typed: str | None) -> None:
    """An empty field takes the picture away."""
    assert validation.check_image(typed) is None


def test_picture_on_https_is_kept() -> None:
    """As typed, without white space around it."""
    assert validation.check_image(" https://example.com/a.png?b=c ") == "https://example.com/a.png?b=c"
    longest = "https://example.com/".ljust(2048, "a")
    assert validation.check_image(longest) == longest


@pytest.mark.parametrize(
    "typed",
    [
        "http://example.com/a.png",
        "javascript:alert(1)",
        "data:image/png;base64,AA",
        "//example.com/a.png",
        "https://",
        "https:///a.png",
        "/a.png",
        "https://exa mple.com/",
        "https://example.com/".ljust(2049, "a"),
        "https://[",
        "x",
    ],
)
def test_picture_from_elsewhere_is_refused(typed: str) -> None:
    """Only https, so that no script and no mixed content comes in."""
    with pytest.raises(InvalidImage):
        validation.check_image(typed)


def test_rehash_does_not_undo_a_password_change(world: World) -> None:
    """The hash is replaced only while it is still the one that was verified."""
    ada = world.user("ada")
    world.write(lambda db: users.store_password_hash(db, ada, "new"))
    with pytest.raises(InvalidCredentials):
        world.write(lambda db: users.store_password_hash(db, ada, "that of the old password"))
    assert world.rows(User)[0].password_hash == "new"


def test_profile_changes_one_user(world: World) -> None:
    """And nobody else."""
    ada, bob = world.user("ada"), world.user("bob")
    later = world.clock.advance(minutes=1)
    world.write(lambda db: users.update_profile(db, ada.id, name="A", image="https://a.example/", now=later))
    rows = {row.id: row for row in world.rows(User)}
    assert (rows[ada.id].name, rows[ada.id].image, rows[ada.id].updated_at) == ("A", "https://a.example/", later)
    assert (rows[bob.id].name, rows[bob.id].image, rows[bob.id].updated_at) == ("bob", None, NOW)


def test_public_user_holds_no_hash(world: World) -> None:
    """What a screen may know."""
    fields = UserPublic.of(world.user("ada")).model_dump()
    assert set(fields) == {"id", "name", "email", "image", "initials", "created_at", "updated_at"}


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        *[("Ada Lovelace", "AL"), ("ada", "A"), ("Ada King Lovelace", "AL"), ("(Ada) [L.]", "AL")],
        *[("", ""), ("!!!", "!"), ("🦊", "🦊")],
        *[("山田 太郎", "山太"), ("жанна", "Ж"), ("ßeta", "ß"), ("محمد علي", "مع"), ("क्षमा", "क")],
    ],
)
def test_initials(name: str, letters: str) -> None:
    """First letters of the first and the last word."""
    assert initials(name) == letters

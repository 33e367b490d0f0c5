"""Who may become a user, and who proves to be one."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select, update
from sqlmodel import delete as delete_rows

from .errors import EmailTaken, InvalidCredentials, InvalidEmail, InvalidImage, InvalidName
from .models import User
from .options import EMAIL_MAX, IMAGE_MAX, NAME_MAX

_JOINERS = "\u200c\u200d"
# Letters and signs that are blank: the Hangul fillers and the empty Braille pattern.
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800"


def check_email(email: str) -> str:
    """Return the address as it is stored and compared.

    Raises:
        InvalidEmail: not an address, by the syntax of RFC 5321 and 6531.
    """
    # NFKC can make white space of a character, and casefolding can undo NFKC.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email[: EMAIL_MAX + 1]).strip().casefold())
    try:
        # Punycode becomes the letters that it stands for: a domain has one spelling here.
        return validate_email(folded, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise InvalidEmail from error


def masked(email: str) -> str:
    """Return an address as logs may have it: `a***@example.com`; of what is none, nothing."""
    try:
        name, _, domain = check_email(email).rpartition("@")
    except InvalidEmail:
        return "***"
    return f"{name[0]}***@{domain}"


def check_name(name: str) -> str:
    """Return the name with its white space tidied.

    Raises:
        InvalidName: nothing to be seen, over `NAME_MAX` characters, or with characters that are not seen, such as those
            that turn the direction of text and let one name look like another (joiners stay: some scripts need them).
    """
    name = " ".join(name.split())
    unseen = any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in _JOINERS for c in name)
    seen = any(unicodedata.category(c)[0] in "LNPS" and c not in _BLANKS for c in name)
    if not seen or len(name) > NAME_MAX or unseen:
        raise InvalidName
    return name


def check_image(image: str | None) -> str | None:
    """Return the address of a picture, None for none.

    Raises:
        InvalidImage: not an https URL, or over `IMAGE_MAX` characters.
    """
    if not image or not (image := image.strip()):
        return None
    try:
        parts = urlsplit(image)
    except ValueError as error:
        raise InvalidImage from error
    is_plain = image.isascii() and image.isprintable() and " " not in image
    if len(image) > IMAGE_MAX or parts.scheme != "https" or not parts.netloc or not is_plain:
        raise InvalidImage
    return image


def create(db: Session, *, name: str, email: str, password_hash: str, now: datetime) -> User:
    """Make a user out of checked values.

    Raises:
        EmailTaken: another user has the address, even one made at the same moment.
    """
    user = User(name=name, email=email, password_hash=password_hash, created_at=now, updated_at=now)
    db.add(user)
    try:
        db.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    return user


def find(db: Session, email: str) -> User | None:
    """Return the user with that address, however it is typed; None for what is none."""
    try:
        address = check_email(email)
    except InvalidEmail:
        return None
    return db.exec(select(User).where(User.email == address)).first()


def get(db: Session, user_id: str) -> User | None:
    """Return the user with that id."""
    return db.get(User, user_id)


def confirm(db: Session, user: User) -> None:
    """Hold fast, to the transaction's end, that the user's password still is the one that was verified.

    Else whoever knows the old one could sign in with it just after it was changed, since the two cross.

    Raises:
        InvalidCredentials: it was changed meanwhile, or the user deleted.
    """
    unchanged = select(User.id).where(User.id == user.id, User.password_hash == user.password_hash)
    # PostgreSQL lets a change wait, which ends what this transaction makes. SQLite has one writer anyway.
    if db.exec(unchanged.with_for_update(read=True)).first() is None:
        raise InvalidCredentials


def store_password_hash(db: Session, user: User, new: str, *, now: datetime | None = None) -> None:
    """Replace the hash that was verified: by one with newer parameters, or at the time `now` by a new password's.

    Raises:
        InvalidCredentials: the password was changed meanwhile, or the user deleted.
    """
    verified = update(User).where(col(User.id) == user.id, col(User.password_hash) == user.password_hash)
    if not db.exec(verified.values(password_hash=new, updated_at=now or User.updated_at)).rowcount:
        raise InvalidCredentials


def delete(db: Session, user: User) -> None:
    """Delete a proved user, and with them all rows whose foreign key to them says CASCADE.

    Raises:
        InvalidCredentials: the password was changed meanwhile, or the user deleted.
    """
    verified = delete_rows(User).where(col(User.id) == user.id, col(User.password_hash) == user.password_hash)
    if not db.exec(verified).rowcount:
        raise InvalidCredentials


def update_profile(db: Session, user_id: str, *, name: str, image: str | None, now: datetime) -> None:
    """Change a user's name and picture to checked values."""
    db.exec(update(User).where(col(User.id) == user_id).values(name=name, image=image, updated_at=now))

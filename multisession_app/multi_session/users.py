"""Who may become a user, and who proves to be one."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select, update

from .errors import EmailTaken, InvalidEmail, InvalidImage, InvalidName
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


def store_password_hash(db: Session, user_id: str, old: str, new: str) -> None:
    """Replace a hash made with old parameters, unless the password was changed meanwhile."""
    db.exec(update(User).where(col(User.id) == user_id, col(User.password_hash) == old).values(password_hash=new))


def update_profile(db: Session, user_id: str, *, name: str, image: str | None, now: datetime) -> None:
    """Change a user's name and picture to checked values."""
    db.exec(update(User).where(col(User.id) == user_id).values(name=name, image=image, updated_at=now))

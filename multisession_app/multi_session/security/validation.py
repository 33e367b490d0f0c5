"""What an e-mail address, a name and a picture may be."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from ..errors import InvalidEmail, InvalidImage, InvalidName
from ..options import EMAIL_MAX, IMAGE_MAX, NAME_MAX

# Invisible characters that some scripts need between letters.
_JOINERS = "\u200c\u200d"
# Letters and signs that are blank: the Hangul fillers and the empty Braille pattern.
_BLANKS = "\u115f\u1160\u3164\uffa0\u2800"


def check_email(email: str) -> str:
    """Return the address as it is stored and compared.

    Raises:
        InvalidEmail: not an address, by the syntax of RFC 5321 and 6531.
    """
    # NFKC can turn a character into white space, and the result of casefolding may not be NFKC.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", email[: EMAIL_MAX + 1]).strip().casefold())
    try:
        # `normalized` decodes punycode, so that a domain has one spelling.
        return validate_email(folded, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise InvalidEmail from error


def as_stored(email: str) -> str:
    """Return the address as it is stored and compared, "" for what nobody can have for one."""
    try:
        return check_email(email)
    except InvalidEmail:
        return ""


def masked(email: str) -> str:
    """Return an e-mail address masked for the log, as `a***@example.com`; `***` if it is not an address."""
    name, _, domain = as_stored(email).rpartition("@")
    if not name:
        return "***"
    return f"{name[0]}***@{domain}"


def check_name(name: str) -> str:
    """Return the name with its white space tidied.

    Raises:
        InvalidName: it has no visible character, over `NAME_MAX` characters, or invisible ones, such as those that turn
            the direction of text and let one name look like another. Joiners are allowed: some scripts need them.
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

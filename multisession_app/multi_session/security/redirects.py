"""The path for adding an account, and which paths a person may be redirected to."""

from __future__ import annotations

from urllib.parse import urlsplit

_HOME = "/"
ADD_ACCOUNT_PATH = "/auth/sign-in?add=1"


def safe_path(path: str) -> str:
    """Return a path of this site unchanged, and "/" for everything else (ASVS 3.7.2).

    Browsers read `\\` as `/`, drop tabs and newlines, and skip leading white space and control characters. So
    `/\\evil.example` leads to another site as `//evil.example` does, and so does one with a tab between the slashes.
    """
    if not path.startswith("/") or path.startswith("//") or "\\" in path:
        return _HOME
    if any(ord(character) < 0x21 or ord(character) == 0x7F for character in path):
        return _HOME
    try:
        parts = urlsplit(path)
    except ValueError:
        return _HOME
    return _HOME if parts.scheme or parts.netloc else path

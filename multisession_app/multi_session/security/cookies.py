"""The device's cookie: its name, how it is read, how it is written."""

from __future__ import annotations

from datetime import timedelta

from ..options import COOKIE_MAX_AGE, Options

# A secret has 43 characters; a much longer value is not the kit's and is not worth a hash.
_VALUE_MAX = 100


def cookie_name(options: Options, *, is_https: bool) -> str:
    """Return the cookie's name.

    On https the `__Host-` prefix makes browsers refuse a cookie that another host or path of the site has set
    (RFC 6265bis, 4.1.3.2); a cookie of the plain name is ignored there. Browsers share cookies between the ports
    of a host, so the name holds the app's id.
    """
    plain = f"{options.app_id or 'app'}_device"
    return f"__Host-{plain}" if is_https else plain


def take_cookie(header: bytes, name: str) -> tuple[str | None, bytes]:
    """Return the device cookie's value, if there is exactly one, and the header without it, under either name.

    Two different values mean that someone else has set one of them; neither is trusted.
    """
    plain = name.removeprefix("__Host-").lower()
    values: set[str] = set()
    rest = []
    for pair in header.split(b";"):
        key, _, value = pair.strip().partition(b"=")
        key_text = key.decode("latin-1").strip()
        # Browsers ignore the case of the prefix, so any spelling of the name is taken out.
        if key_text.lower() not in {plain, f"__host-{plain}"}:
            rest.append(pair.strip())
        elif key_text == name:
            values.add(value.decode("latin-1").strip())
    value_text = values.pop() if len(values) == 1 else None
    if value_text is not None and not (0 < len(value_text) <= _VALUE_MAX and value_text.isascii()):
        value_text = None
    return value_text, b"; ".join(pair for pair in rest if pair)


def set_cookie(name: str, secret: str, *, is_short: bool = False, is_cross_site: bool = False) -> str:
    """Return the Set-Cookie header that hands a device its secret. With `is_short` the cookie ends with the browser.

    `is_cross_site`: the page belongs to another site than this server. Browsers then accept only
    `SameSite=None; Secure`. Those that block third-party cookies also require `Partitioned` (CHIPS), which keeps one
    cookie for each site on screen. Chromium 153 accepts all three on http from localhost and 127.0.0.1 too.
    """
    return _written(name, secret, None if is_short else COOKIE_MAX_AGE, is_cross_site=is_cross_site)


def delete_cookie(name: str, *, is_cross_site: bool = False) -> str:
    """Return the Set-Cookie header that deletes the cookie: browsers want the same attributes as it was set with."""
    return _written(name, "", timedelta(0), is_cross_site=is_cross_site)


def _written(name: str, value: str, age: timedelta | None, *, is_cross_site: bool) -> str:
    max_age = "" if age is None else f"; Max-Age={int(age.total_seconds())}"
    same_site = "None" if is_cross_site else "Lax"
    secure = "; Secure" if is_cross_site or name.startswith("__Host-") else ""
    partitioned = "; Partitioned" if is_cross_site else ""
    return f"{name}={value}; Path=/{max_age}; HttpOnly; SameSite={same_site}{secure}{partitioned}"

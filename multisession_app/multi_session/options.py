"""Every number, name and switch, with its default."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from .errors import OptionsError
from .localization import Localization

BASE_PATH = "/api/auth"
BODY_LIMIT = 16 * 1024
"""Bytes of a request's body."""

COOKIE_MAX_AGE = timedelta(days=400)
"""The longest that browsers keep a cookie (RFC 6265bis, 5.5); the rows decide what it opens."""
SECRET_GRACE = timedelta(seconds=60)
"""How long an old device secret still works after its successor was first used."""
ACTIVITY_INTERVAL = timedelta(minutes=1)
"""`last_active_at` is written at most this often."""

PASSWORD_MIN = 8
PASSWORD_MAX = 128
NAME_MAX = 100
EMAIL_MAX = 254
IMAGE_MAX = 2048
USER_AGENT_MAX = 512
TAB_TOKEN_MAX = 200
"""Characters. A tab token is a UUID, `~` and a session id (73); longer ones are not a browser's."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What an app may choose.

    Args:
        maximum_sessions: accounts signed in on one device at the same time, 1 to 100.
        session_timeout: from a sign-in to the end of its session, whatever happens
            (NIST SP 800-63B-4, 2.1.3 advises 30 days at most).
        revoke_oldest_on_max: over the maximum, sign out the account used longest ago; False refuses the sign-in.
        allowed_origins: further origins whose pages may call this server, as `https://app.example.com`.
        localization: every word that a person reads.
        app_id: goes into the cookie's name, so that two apps on one host do not share it.
        trusted_proxy_hops: how many proxies in front may be believed about scheme, host and client address.

    Raises:
        OptionsError: a value cannot work; the message says which and why.
    """

    maximum_sessions: int = 5
    session_timeout: timedelta = timedelta(days=30)
    revoke_oldest_on_max: bool = True
    allowed_origins: tuple[str, ...] = ()
    localization: Localization = field(default_factory=Localization)
    app_id: str = "app"
    trusted_proxy_hops: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if type(self.maximum_sessions) is not int or not 1 <= self.maximum_sessions <= 100:
            raise OptionsError(f"maximum_sessions must be a whole number from 1 to 100, not {self.maximum_sessions!r}.")
        if not isinstance(self.session_timeout, timedelta) or self.session_timeout < timedelta(minutes=1):
            raise OptionsError(
                f"session_timeout must be a timedelta of a minute or more, not {self.session_timeout!r}."
            )
        if type(self.revoke_oldest_on_max) is not bool:
            raise OptionsError(f"revoke_oldest_on_max must be True or False, not {self.revoke_oldest_on_max!r}.")
        for origin in self.allowed_origins:
            parts = urlsplit(origin)
            # A wildcard, a path or a trailing slash would never equal an Origin header: the app would look
            # configured and refuse everyone.
            if parts.scheme not in {"http", "https"} or origin != f"{parts.scheme}://{parts.netloc}" or "*" in origin:
                raise OptionsError(
                    f"allowed_origins must hold origins such as https://app.example.com, not {origin!r}."
                )
        if type(self.trusted_proxy_hops) is not int or self.trusted_proxy_hops < 0:
            raise OptionsError(f"trusted_proxy_hops must be 0 or more, not {self.trusted_proxy_hops!r}.")

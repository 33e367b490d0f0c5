"""The kit's fixed numbers and names, and the options that an app may set, with their defaults."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from .errors import OptionsError
from .localization import Localization, localization

BASE_PATH = "/api/auth"
LIBRARY = "$/utils/multi_session"
"""Where compiled pages import the kit's browser files from; `MultiSessionPlugin.get_static_assets` puts them there."""
BODY_LIMIT = 16 * 1024
"""Maximum size of a request's body, in bytes."""
HEADERS_LIMIT = 8 * 1024
"""Maximum size of a request's headers on the kit's routes, names and values together, in bytes."""
BODY_TIMEOUT = timedelta(seconds=20)
"""How long a request's body may take to arrive, on the kit's routes; the pages themselves give up after as long."""
PATH_LIMIT = 2 * 1024
"""Maximum length of the path of any request, handshake or page, in bytes as it was sent."""
QUERY_LIMIT = 8 * 1024
"""Maximum length of the query behind such a path. Sign-ins through other sites come back with queries of some kB."""

MESSAGES_PER_SECOND = 150
"""How many messages a socket may send on average. A control that tells every step of a drag sends one each frame, and
fast screens show 144 a second."""
MESSAGES_AT_ONCE = 600
"""How many messages a socket may send at once: what it has left unused in four seconds. A page boots with under ten."""
SHARED_MESSAGES_PER_SECOND = 200
"""How many messages all sockets of a device, or of an address without one, may send together in one process. Beyond
it nothing is lost: each socket's next message waits for its turn. A core does some 600 page loads a second."""
SHARED_MESSAGES_AT_ONCE = 2000
"""How many of them at once. A hundred tabs that follow a switch, or 500 that boot, send some four each."""
MESSAGES_WAITING_SIZE = 256 * 1024
"""How many characters of a socket's messages may wait for their turn; one message more may always."""
CONNECT_TIMEOUT = timedelta(seconds=30)
"""How long a websocket may stay without its Socket.IO connection. Reflex's client gives up after ten."""
SEND_TIMEOUT = timedelta(seconds=30)
"""How long a browser may take to read on when a message to it waits."""
LAST_SENDS_TIMEOUT = timedelta(seconds=2)
"""How long a socket that is to be closed may take for what is still being sent to it."""
PACKETS_WAITING = 500
"""How many packets may wait to be sent when an event arrives from the browser that they are for."""
SOCKETS_OF_DEVICE = 100
"""Open sockets of one device in one process; each tab has one."""
SOCKETS_OF_ADDRESS = 10_000
"""Open sockets of one address (IPv6: /64) in one process: an office of 500 people with 20 tabs each."""
SOCKETS_WITHOUT_DEVICE_OF_ADDRESS = 1000
"""How many of them may be of browsers without a device, of which there can be no account."""
SOCKETS_WITHOUT_DEVICE = 5000
"""Open sockets of all browsers without a device in one process, each with a state tree and some 200 kB of memory."""
TREE_WITHOUT_DEVICE_LIFE = timedelta(seconds=30)
"""How long the state tree of a tab without a device is kept after its socket has closed, for when it comes back."""
CLOSED_TREES_WITHOUT_DEVICE = 1000
"""How many such trees are kept at most in one process; beyond it, those left longest ago go first."""
CLOSED_TREES_OF_DEVICE = 100
"""How many trees of closed tabs a process keeps for one device. Reflex drops each after an hour in any case."""

COOKIE_MAX_AGE = timedelta(days=400)
"""The longest that browsers keep a cookie (RFC 6265bis, 5.5). The database decides what it opens."""
SECRET_GRACE = timedelta(seconds=60)
"""How long an old device secret still works after its successor was first used."""
ANSWER_ON_ITS_WAY = timedelta(seconds=10)
"""How long an answer that holds a new cookie may take to reach the browser."""
ANSWER_HAS_TIME = timedelta(seconds=3)
"""How long the newest such answer may be used undisturbed, however many were lost before it."""
ARRIVAL_TIMEOUT = timedelta(seconds=5)
"""How long a tab may take to acknowledge the account that its socket was moved to. After that it reconnects."""
SHORT_TIMEOUT = timedelta(days=1)
"""Life of a session after a sign-in with `rememberMe: false`, as in Better Auth; never longer than
`session_timeout`."""
ACTIVITY_INTERVAL = timedelta(minutes=1)
"""`last_active_at` is written at most this often, so `idle_timeout` may come early by as much."""
TIME_CHECK_INTERVAL = timedelta(seconds=1)
"""How often a process looks for open tabs whose session has expired."""
COVER_AFTER = timedelta(minutes=2)
"""A tab that was without the server, or asleep, for this long covers its page until it knows that its session has not
ended."""
REMEMBERED_MAX = 10
"""Maximum number of remembered accounts of a device. Beyond it, those used longest ago are forgotten."""
SESSIONS_OF_USER_MAX = 100
"""Maximum number of valid sessions of a user on all devices. At a further sign-in the one used longest ago ends."""
SESSIONS_PAGE = 20
"""Active sessions on one page of a screen."""
USER_AGENTS_KEPT = 2000
"""How many user agents a process keeps the names of, so that it parses each of them once."""

CONNECTIONS_MAX = 20_000
"""Maximum number of connections of a worker, tabs included; half as many as the system allows open files, if fewer."""
WORKER_IS_STARTING = timedelta(seconds=10)
"""A worker that ends by itself before it is this old could not start. If none is older, the server ends."""
WORKER_PAUSE = timedelta(seconds=3)
"""How long the server waits before it starts a worker again that ended so early."""

DATABASE_TIMEOUT = timedelta(seconds=15)
"""How long a statement, a lock or a connection of the database may take."""
LOOK_UP_TIMEOUT = timedelta(milliseconds=1500)
"""How long a person waits for a look-up while the database answers nobody; so they are told within two seconds."""

SECURITY_EVENTS_PAGE = 20
"""Security events on one page."""
SWEEP_INTERVAL = timedelta(hours=1)
SWEEP_BATCH = 1000
"""Maximum number of rows of a table that one transaction deletes, so that no other waits long for it."""

HSTS_MAX_AGE = timedelta(days=365)
"""How long a browser that came by https keeps to https; ASVS 3.4.1 asks for a year."""
ASSET_MAX_AGE = timedelta(days=365)
"""How long a browser keeps a file whose name changes with its content."""
CONTENT_SECURITY_POLICY: Mapping[str, Sequence[str]] = {
    "default-src": ("'self'",),
    # The hashes of the page's own inline scripts are added.
    "script-src": ("'self'",),
    # Radix and Emotion, which Reflex styles with, write style elements and attributes in the browser.
    "style-src": ("'self'", "'unsafe-inline'"),
    # Pictures of users have https addresses on any host.
    "img-src": ("'self'", "data:", "https:"),
    "font-src": ("'self'", "data:"),
    # 'self' covers the websocket too, except in Safari before 16, which cannot load what Vite 8 builds anyway.
    "connect-src": ("'self'",),
    "object-src": ("'none'",),
    "base-uri": ("'none'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
}
"""What a page may load, run and be framed by, by directive (CSP 3)."""

FAILED_SIGN_INS_OF_ACCOUNT = "10 per 15 minutes"
"""With one account, from one address or on one device that knows the account."""
FAILED_SIGN_INS_IN_A_ROW = "100 per day"
"""With one account and no right password in between: on one device that knows it, or on all that do not, from whatever
addresses (NIST SP 800-63B-4, 3.2.2)."""
FAILED_SIGN_INS_OF_ADDRESS = "100 per hour"
"""From one address, with any accounts."""
SIGN_INS_OF_ACCOUNT = "200 per hour"
"""Right passwords of one account, each of which writes rows; nobody fills it who does not know the password."""
SIGN_UPS_OF_ADDRESS = "50 per hour"
NETWORKS: Mapping[int, int] = {64: 1, 56: 3, 48: 10}
"""How many times the limit of an address holds for an IPv6 network, by its prefix."""
COUNTERS_MAX = 50_000
"""Counters that a process keeps apart, without Redis. Beyond it they share as many places for each limit."""
RATE_LIMIT_SWEEP = timedelta(minutes=1)
"""How often expired counters are looked for and deleted."""
REDIS_TIMEOUT = timedelta(seconds=1)
"""How long each call to Redis may take, Reflex's own calls included."""
FAILURE_WRITTEN_WITHIN = timedelta(seconds=0.5)
"""How long after the answer a failed sign-in is written down at most, at a random moment."""

HASHES_AT_ONCE = 2
"""Each takes 19 MiB and one core for about 25 ms. More at once would slow down all other requests."""
PASSWORDS_AT_ONCE = 4
"""Requests with a password that a process carries out at once: while two are hashed, two read and write."""
PASSWORDS_WAITING = 1000
"""Maximum number of requests with a password that wait for their turn in a process."""
PASSWORDS_WAITING_OF_ADDRESS = 500
"""From one address, or IPv6 network of a customer (/48)."""
PASSWORDS_WAITING_OF_DEVICE = 4
"""On one device; without one, with one cookie or e-mail."""
KNOWN_COOKIES_MAX = 10_000
"""How many cookies of devices on which somebody is signed in a process remembers, to let them have turns of theirs."""

LOG_LINE_MAX = 1000
"""Maximum length of a log line, in characters; so much of an exception's text too. A stranger may have sent it."""
LOG_REPEATS = 10
"""How often an error from one place in the code is logged in `LOG_REPEATS_WINDOW`; the rest is counted."""
LOG_REPEATS_WINDOW = timedelta(minutes=1)
LOG_REFUSALS = 100
"""How many refusals of one code are logged in `LOG_REPEATS_WINDOW` for one address (IPv6: /48) or device; the rest is
counted. A stranger makes as many as he likes."""
LOG_REFUSALS_IN_ALL = 500
"""The same for all codes and addresses together; as many again of wrong passwords, which no others crowd out."""
LOG_PATH_MAX = 100
"""So much of a refused path is logged, and of a masked e-mail; in characters, odd ones spelt."""

PASSWORD_MIN = 8
"""The least that `password_minimum` can be, and its default."""
PASSWORD_MAX = 128
NAME_MAX = 100
EMAIL_MAX = 254
IMAGE_MAX = 2048
USER_AGENT_MAX = 512
ADDRESS_MAX = 64
"""An IPv6 address in brackets, with a zone and a port, is no longer."""
DEVICE_NAME_MAX = 40
TAB_TOKEN_MAX = 200
"""In characters, as those above. A tab token is a UUID, `~` and a session id (73); no browser sends a longer one."""

_MESSAGE_SIZES = 16 * 1024, 16 * 1024 * 1024
_SESSION_TIMEOUTS = timedelta(minutes=1), COOKIE_MAX_AGE
_IDLE_TIMEOUTS = timedelta(minutes=5), COOKIE_MAX_AGE
_FRESH_FOR = timedelta(seconds=1), timedelta(days=1)
_RETENTIONS = timedelta(days=1), timedelta(days=3650)
# NIST SP 800-63B-4, 3.1.1.2: whoever wants to use 64 characters may; more cannot be asked for.
_PASSWORD_MINIMUMS = PASSWORD_MIN, 64
_APP_ID = re.compile(r"[\w.-]+")
_DEFAULT_PORT = re.compile(r"http://.*:80|https://.*:443")
# The kit's own directives, and further ones that fall back to default-src.
_DIRECTIVES = (*CONTENT_SECURITY_POLICY, "frame-src", "manifest-src", "media-src", "worker-src")
# A keyword in quotes, a host or a scheme. Browsers would take a keyword without quotes for a host and allow nothing, so
# a host needs a dot, a colon or an asterisk.
_SOURCE = re.compile(r"'(?!none')[\w+/=-]+'|(?=.*[.:*])[!#-&(-+\--:<-~]+", re.ASCII)
_ORIGIN = re.compile(r"https?://([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What an app may choose, as arguments of `MultiSessionPlugin`.

    Args:
        maximum_sessions: accounts signed in on one device at the same time, 1 to 100.
        session_timeout: from a sign-in to the end of its session, whatever happens
            (NIST SP 800-63B-4, 2.1.3 advises 30 days at most).
        idle_timeout: a session that is unused for this long ends earlier; None for never. Only what a person does
            counts as use, not a tab that stays open.
        fresh_for: how long after a sign-in, or a further password entry, sessions on other devices can be ended.
        retention: how long security events, and sessions that have ended, are kept.
        password_minimum: characters that a new password must have, 8 to 64
            (NIST SP 800-63B-4, 3.1.1.2 asks for 15 where the password is the only factor).
        revoke_oldest_on_max: over the maximum, sign out the account used longest ago; False refuses the sign-in.
        switch_in_place: change the account of an open socket without a reconnect; False lets every tab reconnect.
        allowed_origins: further origins whose pages may call this server, such as `https://app.example.com`.
        content_security_policy: further sources for directives of the pages' policy, added to the kit's, such as
            `{"script-src": ["'unsafe-eval'"], "img-src": ["http://images.example.com"]}`.
        localization: words on screen that replace the English ones, by their names in `Localization`.
        app_id: part of the cookie's name, so that two apps on one host do not share it; None for the `app_name` of
            `rxconfig.py`.
        maximum_message_size: the longest message that a socket may send, in characters, 16 kB to 16 MB. Uploads go by
            HTTP and are not concerned.
        trusted_proxy_hops: how many proxies in front are trusted about scheme and client address; None for Reflex's
            own setting of that name.

    Raises:
        OptionsError: a value cannot work; the message says which and why.
    """

    maximum_sessions: int = 5
    session_timeout: timedelta = timedelta(days=30)
    idle_timeout: timedelta | None = None
    fresh_for: timedelta = timedelta(minutes=10)
    retention: timedelta = timedelta(days=90)
    password_minimum: int = PASSWORD_MIN
    revoke_oldest_on_max: bool = True
    switch_in_place: bool = True
    allowed_origins: Sequence[str] = ()
    content_security_policy: Mapping[str, Sequence[str]] = field(default_factory=dict)
    localization: Mapping[str, str] = field(default_factory=dict)
    app_id: str | None = None
    maximum_message_size: int = 64 * 1024
    trusted_proxy_hops: int | None = None
    words: Localization = field(init=False, repr=False)
    """Every word on screen: the English ones, some of them replaced by `localization`."""

    def __post_init__(self) -> None:
        """Refuse what cannot work."""
        if type(self.maximum_sessions) is not int or not 1 <= self.maximum_sessions <= 100:
            raise OptionsError(f"maximum_sessions must be a whole number from 1 to 100, not {self.maximum_sessions!r}.")
        if not _is_between(self.session_timeout, _SESSION_TIMEOUTS):
            raise OptionsError(
                f"session_timeout must be a timedelta of 1 minute to 400 days, not {self.session_timeout!r}."
            )
        if self.idle_timeout is not None and not _is_between(self.idle_timeout, _IDLE_TIMEOUTS):
            raise OptionsError(
                f"idle_timeout must be None or a timedelta of 5 minutes to 400 days, not {self.idle_timeout!r}."
            )
        if not _is_between(self.fresh_for, _FRESH_FOR):
            raise OptionsError(f"fresh_for must be a timedelta of 1 second to 1 day, not {self.fresh_for!r}.")
        if not _is_between(self.retention, _RETENTIONS):
            raise OptionsError(f"retention must be a timedelta of 1 to 3650 days, not {self.retention!r}.")
        least, most = _PASSWORD_MINIMUMS
        if type(self.password_minimum) is not int or not least <= self.password_minimum <= most:
            raise OptionsError(
                f"password_minimum must be a whole number from {least} to {most}, not {self.password_minimum!r}."
            )
        if type(self.revoke_oldest_on_max) is not bool:
            raise OptionsError(f"revoke_oldest_on_max must be True or False, not {self.revoke_oldest_on_max!r}.")
        if type(self.switch_in_place) is not bool:
            raise OptionsError(f"switch_in_place must be True or False, not {self.switch_in_place!r}.")
        size = self.maximum_message_size
        if type(size) is not int or not _MESSAGE_SIZES[0] <= size <= _MESSAGE_SIZES[1]:
            raise OptionsError(f"maximum_message_size must be a whole number from 16384 to 16777216, not {size!r}.")
        if isinstance(self.allowed_origins, str) or not isinstance(self.allowed_origins, Iterable):
            raise OptionsError(f"allowed_origins must be a sequence of origins, not {self.allowed_origins!r}.")
        # The only way to set a field of a frozen dataclass that follows from what was given.
        object.__setattr__(self, "allowed_origins", tuple(self.allowed_origins))
        for name in ("content_security_policy", "localization"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, {})
        for origin in self.allowed_origins:
            # Browsers send an origin in one spelling (RFC 6454, 6.2). Any other looks right and matches nobody.
            if not isinstance(origin, str) or not _ORIGIN.fullmatch(origin) or _DEFAULT_PORT.fullmatch(origin):
                raise OptionsError(
                    f"allowed_origins must hold origins such as https://app.example.com, not {origin!r}."
                )
        _check_policy(self.content_security_policy)
        hops = self.trusted_proxy_hops
        if hops is not None and (type(hops) is not int or hops < 0):
            raise OptionsError(f"trusted_proxy_hops must be 0 or more, not {hops!r}.")
        if self.app_id is not None and not (isinstance(self.app_id, str) and _APP_ID.fullmatch(self.app_id)):
            raise OptionsError(f"app_id must be letters, digits, -, . and _, not {self.app_id!r}.")
        object.__setattr__(self, "words", localization(self.localization, password_minimum=self.password_minimum))


def _is_between(time: object, bounds: tuple[timedelta, timedelta]) -> bool:
    return isinstance(time, timedelta) and bounds[0] <= time <= bounds[1]


def _check_policy(further: Mapping[str, Sequence[str]]) -> None:
    if not isinstance(further, Mapping):
        raise OptionsError(f"content_security_policy must map directives to lists of sources, not {further!r}.")
    for directive, sources in further.items():
        if directive not in _DIRECTIVES:
            known = ", ".join(_DIRECTIVES)
            raise OptionsError(f"content_security_policy must name one of {known}, not {directive!r}.")
        if isinstance(sources, str) or not isinstance(sources, Sequence):
            raise OptionsError(f"content_security_policy must give {directive} a list of sources, not {sources!r}.")
        for source in sources:
            if not isinstance(source, str) or not _SOURCE.fullmatch(source):
                raise OptionsError(
                    f"content_security_policy must give {directive} sources such as https://images.example.com or "
                    f"\"'unsafe-eval'\" with its inner quotes, not {source!r}."
                )

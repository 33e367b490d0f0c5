"""Every refusal: its class, its code on the wire, its HTTP status."""

from __future__ import annotations

from typing import ClassVar


class MultiSessionError(Exception):
    """A refusal with a code, an HTTP status and a sentence for the person.

    `code` is Better Auth's where it has one, since its client compares codes. `word` names the sentence in
    `localization.Localization`. `field` is the form field that the refusal is about, "" for none.
    """

    code: ClassVar[str] = "BAD_REQUEST"
    status: ClassVar[int] = 400
    word: ClassVar[str] = "bad_request"
    field: str = ""
    retry_after: int | None = None
    """Seconds until it makes sense to try again; None where waiting changes nothing."""
    allow: str = ""
    """The methods that the address has, for the `Allow` header; "" except for `MethodNotAllowed`."""

    def __init__(self, field: str = "") -> None:
        """Take this form's name of the field, if it differs from the class's."""
        super().__init__()
        if field:
            self.field = field


class InvalidSession(MultiSessionError):
    """The device holds no valid session with that id: unknown, foreign, expired and revoked alike."""

    code, status, word = "INVALID_SESSION_TOKEN", 401, "invalid_session"


class NotSignedIn(MultiSessionError):
    """The request needs an account and its device has none."""

    code, status, word = "UNAUTHORIZED", 401, "not_signed_in"


class SessionChanged(MultiSessionError):
    """The request was meant for another account than the active one, so nothing was done."""

    code, status, word = "SESSION_CHANGED", 409, "session_changed"


class InvalidCredentials(MultiSessionError):
    """Wrong password or unknown e-mail: never said which."""

    code, status, word = "INVALID_EMAIL_OR_PASSWORD", 401, "invalid_credentials"


class InvalidPassword(MultiSessionError):
    """Somebody who is signed in gave a wrong password to prove that it is them."""

    code, status, word, field = "INVALID_PASSWORD", 400, "invalid_password", "password"


class PasswordUnchanged(MultiSessionError):
    """The new password is the old one."""

    code, status, word, field = "PASSWORD_UNCHANGED", 400, "password_unchanged", "newPassword"


class SessionNotFresh(MultiSessionError):
    """What was asked for needs the password again: it was typed here too long ago, or before the cookie changed."""

    code, status, word = "SESSION_NOT_FRESH", 403, "session_not_fresh"


class EmailTaken(MultiSessionError):
    """Sign-up with the e-mail of an existing user."""

    code, status, word, field = "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL", 422, "email_taken", "email"


class InvalidEmail(MultiSessionError):
    """Not an e-mail address (RFC 5321 syntax)."""

    code, status, word, field = "INVALID_EMAIL", 400, "invalid_email", "email"


class InvalidName(MultiSessionError):
    """An empty or over-long name."""

    code, status, word, field = "INVALID_NAME", 400, "invalid_name", "name"


class InvalidImage(MultiSessionError):
    """A picture address that is not an https URL or is over-long."""

    code, status, word, field = "INVALID_IMAGE", 400, "invalid_image", "image"


class PasswordTooShort(MultiSessionError):
    """Fewer characters than `Options.password_minimum`."""

    code, status, word, field = "PASSWORD_TOO_SHORT", 400, "password_too_short", "password"


class PasswordTooLong(MultiSessionError):
    """More characters than `options.PASSWORD_MAX`."""

    code, status, word, field = "PASSWORD_TOO_LONG", 400, "password_too_long", "password"


class PasswordTooCommon(MultiSessionError):
    """Among the first guesses of anyone (NIST SP 800-63B-4, 3.1.1.2: blocklist)."""

    code, status, word, field = "PASSWORD_TOO_COMMON", 400, "password_too_common", "password"


class TooManySessions(MultiSessionError):
    """The device is full and nobody may be signed out to make room.

    `accounts` holds (session id, name, e-mail) of each account that could be signed out.
    """

    code, status, word = "MAXIMUM_SESSIONS_REACHED", 403, "too_many_sessions"

    def __init__(self, accounts: list[tuple[str, str, str]]) -> None:
        """Keep the accounts that could be signed out."""
        super().__init__()
        self.accounts = accounts


class TooManyAttempts(MultiSessionError):
    """So many failed sign-ins, or sign-ups, that nobody is heard for `retry_after` seconds (ASVS 6.3.1)."""

    code, status, word = "TOO_MANY_REQUESTS", 429, "too_many_attempts"

    def __init__(self, retry_after: int) -> None:
        """Keep how many seconds to wait."""
        super().__init__()
        self.retry_after = retry_after


class TooManyGuesses(TooManyAttempts):
    """So many wrong passwords in a row for one account that this device is not heard with it until tomorrow."""

    word = "too_many_guesses"


class ServerBusy(MultiSessionError):
    """So many wait for their password to be verified, all together or from this address or device, that no more can."""

    code, status, word = "SERVER_BUSY", 503, "server_busy"
    retry_after = 5


class InvalidOrigin(MultiSessionError):
    """The request comes from a page of another site (ASVS 3.5.1, 4.4.2)."""

    code, status, word = "INVALID_ORIGIN", 403, "invalid_origin"


class MissingOrigin(MultiSessionError):
    """A changing request that does not say, or hides, which page it comes from."""

    code, status, word = "MISSING_OR_NULL_ORIGIN", 403, "invalid_origin"


class NoFieldsToUpdate(MultiSessionError):
    """A change of the profile that names nothing to be changed."""

    code, status, word = "NO_FIELDS_TO_UPDATE", 400, "bad_request"


class EmailCannotBeUpdated(MultiSessionError):
    """A change of the profile that names an e-mail address, which nobody would have confirmed."""

    code, status, word, field = "EMAIL_CAN_NOT_BE_UPDATED", 400, "bad_request", "email"


class InvalidBody(MultiSessionError):
    """The body is not the JSON object that the route takes."""

    code, status, word = "VALIDATION_ERROR", 400, "bad_request"


class BodyTooLarge(MultiSessionError):
    """The body is longer than `options.BODY_LIMIT`."""

    code, status, word = "PAYLOAD_TOO_LARGE", 413, "bad_request"


class BodyTimeout(MultiSessionError):
    """The body did not arrive within `options.BODY_TIMEOUT` (RFC 9110, 15.5.9); the connection is closed."""

    code, status, word = "REQUEST_TIMEOUT", 408, "unreachable"


class NotFound(MultiSessionError):
    """There is nothing at that address."""

    code, status, word = "NOT_FOUND", 404, "bad_request"


class MethodNotAllowed(MultiSessionError):
    """There is something at that address, but not for this method (RFC 9110, 15.5.6)."""

    code, status, word = "METHOD_NOT_ALLOWED", 405, "bad_request"

    def __init__(self, allow: str) -> None:
        """Keep the methods that the address has."""
        super().__init__()
        self.allow = allow


class HeadersTooLarge(MultiSessionError):
    """The headers are longer than `options.HEADERS_LIMIT` (RFC 6585, 5)."""

    code, status, word = "REQUEST_HEADER_FIELDS_TOO_LARGE", 431, "bad_request"


class AddressTooLong(MultiSessionError):
    """The path is longer than `options.PATH_LIMIT`, or the query than `options.QUERY_LIMIT` (RFC 9110, 15.5.15)."""

    code, status, word = "URI_TOO_LONG", 414, "bad_request"


class TooManySockets(MultiSessionError):
    """The device or the address has as many sockets open as it may.

    The newest is refused, since the oldest, if it had to make room, would come back at once and push out the next.
    """

    code, status, word = "TOO_MANY_SOCKETS", 429, "too_many_sockets"
    retry_after = 5


class UnsupportedMediaType(MultiSessionError):
    """The body is not sent as JSON, as a form of another site would send it."""

    code, status, word = "UNSUPPORTED_MEDIA_TYPE", 415, "bad_request"


class NoSuchUser(MultiSessionError):
    """Nobody has that e-mail. For the operator: no answer to a visitor says so."""

    code, status, word = "USER_NOT_FOUND", 404, "no_such_user"


class DatabaseUnavailable(MultiSessionError):
    """The database does not answer: the process is up, and what was asked for is not done.

    Exception: if the database went away during the commit, nobody knows the outcome. Then all is done or nothing.
    """

    code, status, word = "DATABASE_UNAVAILABLE", 503, "unavailable"
    retry_after = 5


class ServerError(MultiSessionError):
    """The app itself is at fault: the log says where."""

    code, status, word = "INTERNAL_SERVER_ERROR", 500, "failed"


class OptionsError(ValueError):
    """An option of `MultiSessionPlugin` has a value that cannot work; the start stops with the reason."""


class SchemaTooNew(RuntimeError):
    """The database was migrated by a newer version of the app."""

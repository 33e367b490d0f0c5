"""Every word that a person reads, in English; any of them can be replaced."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from .errors import MultiSessionError, OptionsError


@dataclass(frozen=True, kw_only=True)
class Localization:
    """The words on screen. Placeholders such as `{name}` are filled in; a replacement may leave them out."""

    # These four are those of better-auth-ui's multi-session plugin.
    switch_account: str = "Switch Account"
    add_account: str = "Add Account"
    manage_accounts: str = "Manage accounts"
    manage_accounts_description: str = "Manage your accounts for secure access."

    account: str = "Account"
    account_menu: str = "Account menu"
    settings: str = "Settings"
    theme: str = "Theme"
    theme_system: str = "System"
    theme_light: str = "Light"
    theme_dark: str = "Dark"
    sign_in: str = "Sign in"
    sign_up: str = "Sign up"
    sign_out: str = "Sign out"
    sign_out_all: str = "Sign out of all accounts"
    active_account: str = "Active"
    signed_out_account: str = "Signed out – sign in again"
    sign_in_again: str = "Sign in again"
    remove_account: str = "Remove from this browser"
    loading: str = "Loading"
    dismiss: str = "Dismiss"

    profile: str = "Profile"
    profile_description: str = "Your name and picture, as others see them."
    name: str = "Name"
    email: str = "Email"
    password: str = "Password"  # noqa: S105 - a label
    show_password: str = "Show password"  # noqa: S105 - a label
    picture: str = "Picture address"
    picture_hint: str = "An https address. Leave it empty to show your initials."
    save: str = "Save"
    saved: str = "Saved."

    active_sessions: str = "Active sessions"
    active_sessions_description: str = "Where you are signed in with this account."
    this_device: str = "This device"
    signed_in_at: str = "Signed in {time}"
    last_active_at: str = "Last active {time}"
    revoke: str = "Revoke"
    revoke_title: str = "Sign out of {device}?"
    revoke_text: str = "It is signed out at once."
    revoked: str = "{device} is signed out."
    sign_out_others: str = "Sign out of other devices"
    sign_out_others_title: str = "Sign out of other devices?"
    sign_out_others_text: str = "Only this device stays signed in with this account."
    signed_out_others: str = "All other devices are signed out."
    sign_out_everywhere: str = "Sign out on all devices"
    sign_out_everywhere_title: str = "Sign out on all devices?"
    sign_out_everywhere_text: str = (
        "This account is signed out everywhere, on this device too. Other accounts stay signed in."
    )
    cancel: str = "Cancel"
    confirm_password: str = "To go on, enter your password once more."  # noqa: S105 - a sentence
    unknown_browser: str = "Unknown browser"
    device_name: str = "{browser} on {system}"

    change_password: str = "Change password"  # noqa: S105 - a label
    change_password_description: str = "A long one that you use nowhere else."  # noqa: S105 - a sentence
    current_password: str = "Current password"  # noqa: S105 - a label
    new_password: str = "New password"  # noqa: S105 - a label
    revoke_other_sessions: str = "Sign out of all other devices"
    password_saved: str = "Your password is changed."  # noqa: S105 - a sentence
    delete_account: str = "Delete account"
    delete_account_description: str = "The account with everything in it. This cannot be undone."
    delete_account_title: str = "Delete your account?"
    delete_account_text: str = "{email} and everything in it is deleted for good, and signed out on all devices."
    account_deleted: str = "The account is deleted."

    security_activity: str = "Recent security activity"
    security_activity_description: str = "If something here was not you, change your password."
    no_activity: str = "Nothing yet."
    show_more: str = "Show more"
    new_device: str = "New device"
    by_device: str = "by {device}"
    event_signed_up: str = "Account created"
    event_signed_in: str = "Signed in"
    event_failed_sign_in: str = "Wrong password entered"
    event_reauthenticated: str = "Password confirmed"
    event_password_changed: str = "Password changed"  # noqa: S105 - a sentence
    event_signed_out: str = "Signed out"
    event_signed_out_all: str = "Signed out with all accounts of the browser"
    event_evicted: str = "Signed out to make room for another account"
    event_too_many_devices: str = "Signed out to make room for another device"
    event_revoked_elsewhere: str = "Signed out from another device"
    event_signed_out_everywhere: str = "Signed out on all devices"
    event_ended_by_operator: str = "Signed out by the operator"
    event_outdated_cookie: str = "An outdated copy of this sign-in was used; it opened nothing"
    event_theft: str = "Signed out: two browsers used this sign-in"
    event_ended_by_password: str = "Signed out by a change of password"  # noqa: S105 - a sentence
    event_account_disabled: str = "Account disabled by the operator"
    event_account_enabled: str = "Account enabled by the operator"

    sign_in_title: str = "Sign in"
    sign_up_title: str = "Create your account"
    add_account_title: str = "Add an account"
    add_account_hint: str = "The other accounts stay signed in, as far as there is room."
    already_signed_in: str = "You are signed in"
    continue_as: str = "Continue as {name}"
    full_title: str = "No room for another account"
    full_text: str = "{count} accounts are signed in on this browser. Sign one out to go on."
    no_account_yet: str = "No account yet?"
    have_account: str = "Have an account already?"
    password_hint: str = "At least {minimum} characters, and not a common password."  # noqa: S105 - a label
    shared_computer: str = "This is a shared computer"
    shared_computer_hint: str = (
        "If ticked, closing the browser signs everyone out here, and after a day you are signed out in any case. Your "
        "name and email are not kept."
    )
    signed_out_title: str = "You are signed out"
    signed_out_text: str = "Sign in to see this page."
    cookies_blocked: str = "This browser blocks cookies. Allow them for this site to sign in."

    switched: str = "You are now using {name}."
    signed_out_now: str = "{name} is signed out. You are now using {next}."
    signed_out_last: str = "{name} is signed out."
    signed_out_everyone: str = "All accounts on this browser are signed out."
    session_over: str = "The session of {name} has expired. You are now using {next}."
    session_over_last: str = "Signed out – sign in again. The session of {name} has expired."
    evicted: str = "{name} was signed out to make room."
    made_room: str = "You are now using {next}. {name} was signed out to make room."
    too_many_devices: str = "{name} was signed out to make room for the sign-in on {device}."
    signed_out_elsewhere: str = "{name} was signed out from {device}."
    signed_out_everywhere: str = "{name} was signed out on all devices, from {device}."
    password_changed: str = "The password of {name} was changed from {device}."  # noqa: S105 - a sentence
    ended_by_operator: str = "{name} was signed out by the operator of this site."
    signed_out_by_theft: str = (
        "Somebody else used this browser's sign-in. To be safe, all its accounts were signed out here. Sign in again "
        "with your password."
    )
    cookie_outdated: str = "This browser's sign-in was replaced by a newer one. Sign in again with your password."
    another_device: str = "another device"
    account_gone: str = "That account was deleted, or signed out here long ago."
    now_using: str = "You are now using {next}."
    removed: str = "{name} is removed from this browser."
    not_carried_out: str = "The account changed meanwhile, so your last action was not carried out."

    offline: str = "No connection. What you see may be out of date."
    not_sent: str = "There is no connection, so nothing was done. Try again when it is back."
    covered: str = "The connection was away for long. This page is shown again once it is back."
    unreachable: str = "The server could not be reached. Check your connection and try again."
    no_such_user: str = "Nobody has this email."
    unavailable: str = "The server cannot reach its data at the moment. Wait a little and try again."
    failed: str = "Something went wrong. Try again."
    bad_request: str = "That request could not be understood."
    invalid_session: str = "That account is no longer signed in on this browser."
    not_signed_in: str = "Sign in first."
    session_changed: str = "The account changed meanwhile, so nothing was done. Reload the page and try again."
    invalid_credentials: str = "Email or password is wrong."
    invalid_password: str = "That password is wrong."  # noqa: S105 - a sentence
    password_unchanged: str = "That is the old password. Choose another one."  # noqa: S105 - a sentence
    session_not_fresh: str = "Enter your password again to do this."
    email_taken: str = "There is an account with this email already."
    invalid_email: str = "That is not an email address."
    invalid_name: str = "Enter a name of 1 to 100 characters."
    invalid_image: str = "Enter an https address of at most 2048 characters, or leave it empty."
    password_too_short: str = "Use at least {minimum} characters."  # noqa: S105 - a sentence
    password_too_long: str = "Use at most 128 characters."  # noqa: S105 - a sentence
    password_too_common: str = "This password is too common: it is among the first that anyone would try."  # noqa: S105
    too_many_sessions: str = "There is no room for another account. Sign out of one first: {accounts}."
    too_many_attempts: str = "Too many attempts. Try again in {minutes} min."
    too_many_sockets: str = "Too many tabs are open. Close some and try again."
    too_many_guesses: str = (
        "Too many wrong passwords for this account. Sign in on another device that has been signed in with it before, "
        "or try again in {hours} h."
    )
    server_busy: str = "Too many people are signing in at the moment. Wait a little and try again."
    invalid_origin: str = "This request does not come from a page of this app."

    def sentence(self, error: MultiSessionError) -> str:
        """Return what the person reads for a refusal."""
        accounts = ", ".join(name for _, name, _ in getattr(error, "accounts", []))
        minutes, hours = (math.ceil((error.retry_after or 0) / unit) for unit in (60, 3600))
        return filled(getattr(self, error.word), accounts=accounts, minutes=str(minutes), hours=str(hours))


def filled(text: str, **values: str) -> str:
    """Replace each `{name}` by its value, all at once, since a user may have the name "{next}"."""
    return re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], name[0]), text)


def localization(overrides: Mapping[str, str], *, password_minimum: int = 8) -> Localization:
    """Return the words with some replaced, and the length of a password filled in, which is the same for everybody.

    Raises:
        OptionsError: an unknown word, or a replacement that is not a string.
    """
    if not isinstance(overrides, Mapping):
        raise OptionsError(f"localization must map words to their texts, not {overrides!r}.")
    known = {word.name for word in fields(Localization)}
    for word, text in overrides.items():
        if word not in known:
            raise OptionsError(f"localization has no word {word!r}: all of them are in localization.py.")
        if not isinstance(text, str):
            raise OptionsError(f"The word {word!r} of localization must be a string, not {text!r}.")
    words = Localization(**overrides)
    about_length = {word: getattr(words, word) for word in ("password_hint", "password_too_short")}
    minimum = str(password_minimum)
    return replace(words, **{word: filled(text, minimum=minimum) for word, text in about_length.items()})

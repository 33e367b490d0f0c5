"""Explains, in a notice, why a tab no longer shows the account that it showed."""

from __future__ import annotations

from ..actions.tabs import Connection
from ..database.models import (
    ENDED_BY_OPERATOR,
    EVICTED,
    PASSWORD_CHANGED,
    REPLACED,
    REVOKED_ELSEWHERE,
    SIGNED_OUT,
    SIGNED_OUT_ALL,
    SIGNED_OUT_EVERYWHERE,
    TOO_MANY_DEVICES,
    DeviceSession,
)
from ..localization import filled
from .runtime import kit, words
from .state import ENDED, SWITCHED, UNKNOWN, MultiSessionState
from .user_agents import describe, device_name, off_the_loop


def explain_lost(accounts: MultiSessionState, connection: Connection) -> None:
    """Say why a tab has no account whose browser holds an outdated cookie; no name, since whoever has it may not be
    the one whom it was made for.
    """
    if connection.lost_device:
        accounts._say(ENDED, words().signed_out_by_theft if connection.is_stolen else words().cookie_outdated)


async def explain(accounts: MultiSessionState, device_id: str, generation: int, shown: str) -> None:
    """Say why the tab no longer shows the account that it showed; say nothing if there is nothing to explain.

    `shown` is the id of the session that the tab showed, or `UNKNOWN`.
    """
    found = await kit().device_sessions.find_ended(device_id, generation, shown)
    word, kind, name = words(), ENDED, accounts.user.name
    is_over = not any(account.id == shown and not account.is_signed_out for account in accounts.accounts)
    if not is_over or shown == UNKNOWN or (found and found[0].revoked_reason in {REPLACED, EVICTED}):
        current = next((account for account in accounts.accounts if account.is_current), None)
        # Whom a sign-in evicted is news only until the new session is used or switched to.
        is_new = current is not None and current.last_active_at == current.created_at
        if current and is_new and (evicted := await kit().device_sessions.evicted_at(device_id, current.created_at)):
            accounts._say(ENDED, word.made_room, ", ".join(evicted), name)
            return
    if found is None:
        if shown != UNKNOWN:
            # The session was deleted with its user, or ended so long ago that its row is gone.
            accounts._say(ENDED, _and_now(word.account_gone, name), "", name)
        return
    session, user = found
    if not is_over or session.revoked_reason == REPLACED:
        kind, text = SWITCHED, word.switched if name and user.id != accounts.user.id else ""
    elif session.revoked_reason == SIGNED_OUT_ALL:
        text = word.signed_out_everyone
    elif session.revoked_reason == SIGNED_OUT:
        text = word.signed_out_now if name else word.signed_out_last
    elif session.revoked_reason == EVICTED:
        text = word.evicted
    elif session.revoked_reason is None:
        text = word.session_over if name else word.session_over_last
    else:
        at = session.revoked_at.isoformat() if session.revoked_at else ""
        accounts._say(ENDED, _and_now(await _from_where(session), name), user.name, name, at=at)
        return
    accounts._say(kind, text, name if kind == SWITCHED else user.name, name)


async def _from_where(session: DeviceSession) -> str:
    word = words()
    text = {
        REVOKED_ELSEWHERE: word.signed_out_elsewhere,
        TOO_MANY_DEVICES: word.too_many_devices,
        SIGNED_OUT_EVERYWHERE: word.signed_out_everywhere,
        PASSWORD_CHANGED: word.password_changed,
        ENDED_BY_OPERATOR: word.ended_by_operator,
    }.get(session.revoked_reason or "", "")
    if not text:
        return ""
    user_agent = await kit().device_sessions.ended_by(session)
    is_known = (await off_the_loop(lambda: describe(user_agent))).browser != ""
    return filled(text, device=device_name(user_agent, word) if is_known else word.another_device)


def _and_now(text: str, name: str) -> str:
    return f"{text} {words().now_using}" if text and name else text

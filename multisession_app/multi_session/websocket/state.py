"""The state of a screen: the accounts on this device, and the events that change them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import reflex as rx
from reflex_base.event.context import EventContext

from ..actions.tabs import Connection, Identity
from ..database.public import DeviceSessionPublic, UserPublic
from ..errors import InvalidSession, MultiSessionError
from ..localization import filled
from ..log_lines import refused
from ..queries.devices import ProvenDevice
from ..security.redirects import safe_path
from .runtime import kit, options, runtime, words

logger = logging.getLogger(__name__)

UNKNOWN = "?"
"""Stands for what a tab shows while a snapshot is on its way; never the id of a session."""

SWITCHED = "switched"
ENDED = "ended"
REFUSED = "refused"
"""Kinds of notice: `SWITCHED` explains what one sees anyway, and fades; the others stay until dismissed."""


class MultiSessionState(rx.State):
    """The accounts on this device, as a screen may show them.

    Read `is_loaded`, `is_signed_in`, `user`, `session_id` and `accounts` (the remembered ones last). Bind `set_active`,
    `revoke`, `revoke_others`, `revoke_all` and `forget`; if one is refused, a notice says why. In a handler of your
    own, `(await self.get_state(MultiSessionState)).user.id` is the user for whom the event was sent.
    """

    is_loaded: bool = False
    session_id: str = ""
    user: UserPublic = UserPublic()
    accounts: list[DeviceSessionPublic] = []
    notice: str = ""
    notice_kind: str = ""
    notice_at: str = ""
    snapshot_id: str = ""
    """Names the snapshot that the tab has to acknowledge once it shows it, "" if it need not."""
    shown_at: str = ""
    """When the accounts were read, or a click on one was answered without a switch; ISO 8601 in UTC.

    Whatever depends on the accounts is read again when it changes: see `refresh_with_accounts`.
    """

    @rx.var
    def is_signed_in(self) -> bool:
        """Whether an account is active."""
        return self.session_id != ""

    @rx.var
    def has_others(self) -> bool:
        """Whether two or more accounts are signed in on this device."""
        return self._signed_in_count() > 1

    @rx.var
    def is_full(self) -> bool:
        """Whether someone has to sign out before another account can sign in."""
        limits = options()
        return not limits.revoke_oldest_on_max and self._signed_in_count() >= limits.maximum_sessions

    @rx.var
    def is_adding(self) -> bool:
        """Whether the sign-in page was opened to add an account (`?add=1`)."""
        return self.router.url.query_parameters.get("add") == "1"

    @rx.var
    def email_to_sign_in(self) -> str:
        """The e-mail of the remembered account that `?account=` names by its session id, "" for none."""
        named = self.router.url.query_parameters.get("account")
        return next(
            (account.user.email for account in self.accounts if account.id == named and account.is_signed_out), ""
        )

    @rx.var
    def next_path(self) -> str:
        """Where to go after signing in: `?next=` if it is a path on this site, else home."""
        return safe_path(self.router.url.query_parameters.get("next", ""))

    @rx.var
    def next_query(self) -> str:
        """`next_path` as one more parameter of a query, "" for home."""
        return "" if self.next_path == "/" else f"&next={quote(self.next_path, safe='')}"

    @rx.var
    def has_remembered(self) -> bool:
        """Whether this device has a remembered account."""
        return any(account.is_signed_out for account in self.accounts)

    @rx.event
    async def set_active(self, session_id: str) -> None:
        """Switch to another account of this device."""
        async with self._refusals("set_active"):
            await kit().device_sessions.set_active(await self._device(), checked_session_id(session_id))
            if session_id != self.session_id:
                # This tab now moves to the other account.
                return
        # No other account will come: let the page stop waiting for it.
        self._set_shown_at()

    @rx.event
    async def revoke(self, session_id: str) -> None:
        """Sign one account of this device out. If it was the active one, the one used last takes over."""
        async with self._refusals("revoke"):
            device = await self._device()
            await kit().device_sessions.revoke(device, checked_session_id(session_id))
            if session_id != self.session_id:
                self._say(ENDED, words().signed_out_last, _name_of(device.sessions, session_id))

    @rx.event
    async def sign_out(self) -> None:
        """Sign the active account out of this browser."""
        async with self._refusals("sign_out"):
            await kit().device_sessions.revoke(await self._device(), self._identity().session)

    @rx.event
    async def revoke_others(self) -> None:
        """Sign all accounts of this device out except the active one."""
        async with self._refusals("revoke_others"):
            await kit().device_sessions.revoke_others(await self._device(), self._identity().session)

    @rx.event
    async def revoke_all(self) -> None:
        """Sign all accounts of this device out."""
        async with self._refusals("revoke_all"):
            await kit().device_sessions.revoke_all(await self._device())

    @rx.event
    async def forget(self, session_id: str) -> None:
        """Take a remembered account off this browser's screens."""
        async with self._refusals("forget"):
            device = await self._device()
            await kit().device_sessions.forget(device, checked_session_id(session_id))
            self._say(SWITCHED, words().removed, _name_of(device.remembered, session_id))

    @rx.event
    async def update_profile(self, form_data: dict[str, Any]) -> None:
        """Save the active user's name and picture."""
        async with self._refusals("update_profile"):
            fields = form_data if isinstance(form_data, dict) else {}
            name, image = fields.get("name"), fields.get("image")
            await kit().device_sessions.update_profile(
                await self._device(),
                self._identity().session,
                name=name if isinstance(name, str) else "",
                image=image if isinstance(image, str) else None,
            )
            self._say(SWITCHED, words().saved)

    @rx.event
    def dismiss_notice(self) -> None:
        """Take the notice off the screen."""
        self.notice = ""

    @rx.event
    async def refresh(self) -> None:
        """Read the accounts again. The server sends this to each tab when something about them has changed."""
        identity = self._identity()
        self._show(identity, await kit().devices.reread(identity.device, identity.generation))

    @rx.event
    async def acknowledge(self, snapshot_id: str) -> None:
        """Say what became of what was sent before. The tab sends this as soon as it shows a snapshot; see `fence`.

        The tab keeps the session id behind its token and names it when it reconnects. So any process knows, after any
        pause, for whom the tab's queued events were meant.
        """
        identity = self._identity()
        connection = kit().tabs.connections.get(identity.connection)
        if connection is None or not identity.session == connection.session_id == connection.meant_for:
            # This event had to wait, and the socket has moved on: the tab may show another account.
            return
        connection.is_named = True
        await self._name_tab(connection.identity.tab, identity.session)
        self._set_shown_at()
        self._tell_dropped(connection)

    @rx.event
    def tell_dropped(self) -> None:
        """Say that something was not carried out, because the account that it was meant for has gone."""
        identity = self._identity()
        connection = kit().tabs.connections.get(identity.connection)
        # While a snapshot is on its way, the acknowledgement is to tell: the boot takes notices off.
        if connection is not None and identity.session == connection.meant_for:
            self._tell_dropped(connection)

    def _tell_dropped(self, connection: Connection) -> None:
        if connection.dropped:
            connection.dropped = 0
            self._say(REFUSED, words().not_carried_out)

    def _signed_in_count(self) -> int:
        return sum(not account.is_signed_out for account in self.accounts)

    def _show(self, identity: Identity, device: ProvenDevice | None) -> None:
        sessions = device.sessions + device.remembered if device else ()
        shown = next(
            (session for session in sessions if session.id == identity.session and not session.is_signed_out), None
        )
        # On a screen, "current" is the account that its tab acts as, even while a switch is on its way.
        self.accounts = [s.model_copy(update={"is_current": s.id == identity.session}) for s in sessions]
        self.session_id = shown.id if shown else ""
        self.user = shown.user if shown else UserPublic()
        self.is_loaded = True
        self._set_shown_at()

    def _set_shown_at(self) -> None:
        self.shown_at = kit().now().isoformat()

    def _say(self, kind: str, text: str, name: str = "", next_name: str = "", *, at: str = "") -> None:
        self.notice_kind, self.notice_at = kind, at
        self.notice = filled(text, name=name, next=next_name)

    async def _name_tab(self, tab: str, shown: str) -> None:
        """Put the session that the tab shows behind its token, in the browser."""
        namespace = runtime.app.event_namespace if runtime.app else None
        if namespace is not None:
            await namespace.emit("new_token", f"{tab}~{shown}", to=self.router.session.session_id)

    def _identity(self) -> Identity:
        try:
            # `self.router_data` is that of the last event, which in a background task may be a different one.
            router_data = EventContext.get().router_data or self.router_data
        except LookupError:
            router_data = self.router_data
        return Identity.read(router_data.get("headers") or {})

    async def _device(self) -> ProvenDevice:
        identity = self._identity()
        device = await kit().devices.reread(identity.device, identity.generation)
        # A signed-out tab acts for no account, but still for its device: it may forget a remembered account.
        if device is None or identity.session not in {"", *(session.id for session in device.sessions)}:
            raise InvalidSession
        return device

    @asynccontextmanager
    async def _refusals(self, action: str) -> AsyncIterator[None]:
        """Turn a refusal into a notice on screen and a line in the log; neither repeats what was sent."""
        try:
            yield
        except MultiSessionError as error:
            whose = self._identity().device
            logger.warning("Refused %s: %s", action, error.code, extra=refused(error.code, whose))
            self._say(REFUSED, words().sentence(error))


def checked_session_id(session_id: object) -> str:
    """Return a session id that a browser sent, if it is text: Reflex 0.10.1 does not check a handler's annotations.

    Raises:
        InvalidSession: it is something else.
    """
    if not isinstance(session_id, str):
        raise InvalidSession
    return session_id


def _name_of(sessions: tuple[DeviceSessionPublic, ...], session_id: str) -> str:
    return next((session.user.name for session in sessions if session.id == session_id), "")

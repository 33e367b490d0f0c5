"""The "Active sessions" card of the security settings."""

from __future__ import annotations

import reflex as rx

from ..localization import filled
from ..websocket.runtime import words
from ..websocket.security_state import ActiveSession, SecurityState
from .buttons import needs_connection
from .cards import card, card_actions, row, skeleton_rows
from .confirm import confirm
from .time import at
from .watch import refresh_with_accounts


def active_sessions() -> rx.Component:
    """Return the card of the devices on which the active account is signed in, this one first, to sign out there."""
    word = words()
    return card(
        word.active_sessions,
        word.active_sessions_description,
        refresh_with_accounts(SecurityState.show_sessions),
        rx.cond(
            SecurityState.sessions.length() > 0,
            rx.el.ul(
                rx.foreach(SecurityState.sessions, active_session),
                aria_label=word.active_sessions,
                class_name="ms-rows",
            ),
            skeleton_rows(2),
        ),
        rx.cond(
            SecurityState.has_more_sessions,
            card_actions(
                rx.button(
                    word.show_more,
                    variant="soft",
                    on_click=SecurityState.more_sessions(SecurityState.sessions.length()),
                    aria_label=f"{word.show_more}: {word.active_sessions}",
                    custom_attrs=needs_connection(),
                )
            ),
        ),
        card_actions(
            rx.cond(
                SecurityState.has_other_devices,
                confirm(
                    word.sign_out_others,
                    path="/revoke-other-sessions",
                    heading=word.sign_out_others_title,
                    text=word.sign_out_others_text,
                    submit=word.sign_out_others,
                    done=word.signed_out_others,
                    variant="soft",
                ),
            ),
            confirm(
                word.sign_out_everywhere,
                path="/revoke-sessions",
                heading=word.sign_out_everywhere_title,
                text=word.sign_out_everywhere_text,
                submit=word.sign_out_everywhere,
                # The server tells all tabs, this one too.
                done="",
                variant="outline",
                color_scheme="red",
            ),
        ),
    )


def active_session(session: rx.Var[ActiveSession]) -> rx.Component:
    """Return one row: the device, its address, when it was used; and a button to sign it out, unless it is this one."""
    word, device = words(), f"{session.device}"
    return row(
        rx.match(
            session.kind,
            ("desktop", rx.icon("monitor", size=18)),
            ("phone", rx.icon("smartphone", size=18)),
            ("tablet", rx.icon("tablet", size=18)),
            rx.icon("globe", size=18),
        ),
        session.device,
        rx.cond(session.is_current, rx.badge(word.this_device, color_scheme="green", high_contrast=True)),
        [
            rx.cond(session.ip_address != "", rx.el.span(session.ip_address)),
            at(word.signed_in_at, session.created_at),
            at(word.last_active_at, session.last_active_at),
        ],
        rx.cond(
            session.is_current,
            None,
            confirm(
                word.revoke,
                asks=False,
                path="/revoke-session",
                body={"token": session.id},
                heading=filled(word.revoke_title, device=device),
                text=word.revoke_text,
                submit=word.revoke,
                done=filled(word.revoked, device=device),
                variant="outline",
                color_scheme="gray",
                aria_label=f"{word.revoke}: {device}",
            ),
        ),
        key=session.id,
    )

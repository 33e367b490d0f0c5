"""The "Recent security activity" card of the security settings."""

from __future__ import annotations

import reflex as rx

from ..database.models import (
    FAILED_SIGN_IN,
    OUTDATED_COOKIE,
    PASSWORD_CHANGED,
    REAUTHENTICATED,
    SIGNED_IN,
    SIGNED_UP,
    THEFT,
)
from ..localization import filled
from ..websocket.runtime import words
from ..websocket.security_state import SecurityActivity, SecurityState
from .buttons import needs_connection
from .cards import card, card_actions, row, skeleton_rows
from .time import Time
from .watch import refresh_with_accounts


def security_activity() -> rx.Component:
    """Return the card of what happened to the active account's sessions and password, the newest first."""
    word = words()
    return card(
        word.security_activity,
        word.security_activity_description,
        refresh_with_accounts(SecurityState.show_activity),
        rx.cond(
            SecurityState.is_activity_loaded,
            rx.cond(
                SecurityState.activity.length() > 0,
                rx.el.ul(
                    rx.foreach(SecurityState.activity, _activity),
                    aria_label=word.security_activity,
                    class_name="ms-rows",
                ),
                rx.text(word.no_activity, size="2", color_scheme="gray", padding="16px"),
            ),
            skeleton_rows(3),
        ),
        rx.cond(
            SecurityState.before != "",
            card_actions(
                rx.button(
                    word.show_more,
                    variant="soft",
                    on_click=SecurityState.more(SecurityState.before),
                    custom_attrs=needs_connection(),
                )
            ),
        ),
    )


def _activity(event: rx.Var[SecurityActivity]) -> rx.Component:
    word = words()
    return row(
        rx.match(
            event.kind,
            (SIGNED_UP, rx.icon("user-plus", size=18)),
            (SIGNED_IN, rx.icon("log-in", size=18)),
            (FAILED_SIGN_IN, OUTDATED_COOKIE, THEFT, rx.icon("shield-alert", size=18)),
            (REAUTHENTICATED, rx.icon("shield-check", size=18)),
            (PASSWORD_CHANGED, rx.icon("key-round", size=18)),
            rx.icon("log-out", size=18),
        ),
        event.text,
        rx.cond(event.is_new_device, rx.badge(word.new_device, color_scheme="indigo", high_contrast=True)),
        [
            rx.el.span(event.device),
            rx.cond(event.by != "", rx.el.span(filled(word.by_device, device=f"{event.by}"))),
            rx.cond(event.ip_address != "", rx.el.span(event.ip_address)),
            Time.create(at=event.at),
        ],
        icon_kind=event.kind,
        key=event.id,
    )

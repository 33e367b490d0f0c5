"""The card that changes the password."""

from __future__ import annotations

import reflex as rx

from ..websocket.runtime import words
from ..websocket.state import MultiSessionState
from .cards import card, card_actions
from .form import Field, HttpForm


def change_password() -> rx.Component:
    """Return the card with the form. It asks for the current password, and signs out other devices unless unticked."""
    word = words()
    return card(
        word.change_password,
        word.change_password_description,
        HttpForm.create(
            rx.flex(
                # Tells password managers whose password it is.
                rx.el.input(
                    type="text",
                    auto_complete="username",
                    value=MultiSessionState.user.email,
                    read_only=True,
                    hidden=True,
                ),
                Field.create(
                    name="currentPassword",
                    label=word.current_password,
                    show_label=word.show_password,
                    auto_complete="current-password",
                ),
                Field.create(
                    name="newPassword",
                    label=word.new_password,
                    hint=word.password_hint,
                    show_label=word.show_password,
                    auto_complete="new-password",
                ),
                rx.el.label(
                    rx.el.input(type="checkbox", name="revokeOtherSessions", default_checked=True),
                    word.revoke_other_sessions,
                    class_name="ms-check",
                ),
                direction="column",
                spacing="4",
                padding="16px",
            ),
            card_actions(
                rx.button(
                    rx.el.span(rx.spinner(size="2"), class_name="ms-spinner"), word.change_password, type="submit"
                )
            ),
            path="/change-password",
            saved=word.password_saved,
            renews=True,
            session_id=MultiSessionState.session_id,
            unreachable=word.unreachable,
            cookies_blocked=word.cookies_blocked,
        ),
    )

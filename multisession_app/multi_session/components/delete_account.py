"""The card that deletes the account."""

from __future__ import annotations

import reflex as rx

from ..localization import filled
from ..websocket.runtime import words
from ..websocket.state import MultiSessionState
from .cards import card
from .confirm import confirm


def delete_account() -> rx.Component:
    """Return the card that deletes the active account. It always asks for the password first."""
    word = words()
    return card(
        word.delete_account,
        word.delete_account_description,
        rx.box(
            confirm(
                rx.icon("trash-2", size=16, aria_hidden=True),
                word.delete_account,
                path="/delete-user",
                takes_password=True,
                heading=word.delete_account_title,
                text=filled(word.delete_account_text, email=f"{MultiSessionState.user.email}"),
                submit=word.delete_account,
                done=word.account_deleted,
                variant="outline",
                color_scheme="red",
            ),
            padding="16px",
        ),
        color="red",
    )

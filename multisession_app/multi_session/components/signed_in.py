"""Wrappers for content that belongs to an account: shown only when signed in, and made anew for each account."""

from __future__ import annotations

import reflex as rx

from ..websocket.runtime import words
from ..websocket.state import MultiSessionState
from .buttons import link_button
from .cards import loading_title


def reset_per_account(*children: rx.Component) -> rx.Component:
    """Return the children, made anew for each account: text typed for one never stands in a field of the next."""
    return rx.box(*children, key=MultiSessionState.session_id, width="100%")


def signed_in_only(*children: rx.Component, sign_in_path: str = "/auth/sign-in") -> rx.Component:
    """Return the children if an account is signed in, else a link to sign in; a placeholder until that is known.

    It decides what is shown, not what may be done. Check in your handlers whose account it is.
    """
    word = words()
    return rx.cond(
        MultiSessionState.is_loaded,
        rx.cond(
            MultiSessionState.is_signed_in,
            reset_per_account(*children),
            rx.card(
                rx.vstack(
                    rx.heading(word.signed_out_title, as_="h1", size="5"),
                    rx.text(word.signed_out_text, color_scheme="gray", size="2"),
                    link_button(word.sign_in, sign_in_path + "?next=" + MultiSessionState.router.url.path, size="3"),
                    spacing="4",
                ),
                size="4",
                max_width="400px",
                margin="48px auto",
            ),
        ),
        rx.vstack(
            loading_title(),
            rx.skeleton(height="28px", width="40%"),
            rx.skeleton(height="120px", width="100%"),
            rx.skeleton(height="120px", width="100%"),
            spacing="4",
            width="100%",
        ),
    )

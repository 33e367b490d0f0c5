"""What every page of an account is made of: its guard, its key, its cards."""

from __future__ import annotations

import reflex as rx
from reflex_components_radix.themes.base import LiteralAccentColor

from ..runtime import words
from ..state import MultiSessionState
from .elements import link_button, loading_title


def by_account(*children: rx.Component) -> rx.Component:
    """Return the children made anew for each account: text typed for one never stands in a field of the next."""
    return rx.box(*children, key=MultiSessionState.session_id, width="100%")


def signed_in_only(*children: rx.Component, sign_in_path: str = "/auth/sign-in") -> rx.Component:
    """Return the children for a signed-in account, the way to sign in else, a placeholder until that is known.

    It decides what is shown, not what may be done: check in your handlers whose account it is.
    """
    word = words()
    return rx.cond(
        MultiSessionState.is_loaded,
        rx.cond(
            MultiSessionState.is_signed_in,
            by_account(*children),
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


def card(title: str, description: str, *children: rx.Component, color: LiteralAccentColor = "gray") -> rx.Component:
    """Return a titled box of the settings; a red one for what cannot be undone."""
    return rx.el.section(
        rx.heading(title, as_="h2", size="4", margin_bottom="4px"),
        rx.text(description, size="2", color_scheme="gray", margin_bottom="12px"),
        rx.box(
            *children,
            border=f"1px solid {rx.color(color, 5)}",
            border_radius="12px",
            background=rx.color("gray", 1),
            overflow="hidden",
        ),
        width="100%",
    )


def card_actions(*children: rx.Component) -> rx.Component:
    """Return the foot of a card, for what concerns all of it."""
    return rx.flex(
        *children,
        spacing="3",
        wrap="wrap",
        padding="12px 16px",
        border_top=f"1px solid {rx.color('gray', 5)}",
        background=rx.color("gray", 2),
    )

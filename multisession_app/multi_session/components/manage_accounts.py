"""The "Manage accounts" card of the settings."""

from __future__ import annotations

import reflex as rx

from ..models import DeviceSessionPublic
from ..runtime import words
from ..state import MultiSessionState
from .account_page import card
from .elements import link_button, once
from .switch_account import ADD_ACCOUNT_PATH
from .user_view import user_view


def manage_accounts() -> rx.Component:
    """Return every account on this device as a row with what can be done with it."""
    word = words()
    return card(
        word.manage_accounts,
        word.manage_accounts_description,
        rx.el.ul(
            rx.foreach(MultiSessionState.accounts, manage_account),
            aria_label=word.manage_accounts,
            list_style="none",
            padding="0",
            margin="0",
        ),
        rx.flex(
            link_button(word.add_account, ADD_ACCOUNT_PATH, icon="circle-plus", variant="soft"),
            rx.cond(
                MultiSessionState.has_others,
                rx.button(
                    word.sign_out_all,
                    variant="outline",
                    color_scheme="red",
                    on_click=once(MultiSessionState.revoke_all()),
                ),
            ),
            spacing="3",
            wrap="wrap",
            padding="12px 16px",
        ),
    )


def manage_account(session: rx.Var[DeviceSessionPublic]) -> rx.Component:
    """Return one row: the active account can sign out, the others can be switched to as well."""
    word, name = words(), session.user.name
    is_coming = MultiSessionState.switching_to == session.id
    return rx.el.li(
        rx.flex(
            rx.box(user_view(session.user), flex="1 1 200px", min_width="0"),
            rx.flex(
                rx.cond(
                    session.is_current,
                    rx.badge(word.active_account, color_scheme="green", high_contrast=True, size="2"),
                    rx.button(
                        rx.icon("arrow-left-right", size=14, aria_hidden=True),
                        word.switch_account,
                        variant="soft",
                        loading=is_coming,
                        aria_label=f"{word.switch_account}: {name}",
                        on_click=once(MultiSessionState.set_active(session.id)),
                    ),
                ),
                rx.button(
                    rx.icon("log-out", size=14, aria_hidden=True),
                    word.sign_out,
                    variant="outline",
                    color_scheme="gray",
                    aria_label=f"{word.sign_out}: {name}",
                    on_click=once(MultiSessionState.revoke(session.id)),
                ),
                spacing="2",
                align="center",
            ),
            spacing="3",
            align="center",
            justify="between",
            wrap="wrap",
            padding="12px 16px",
        ),
        key=session.id,
        border_bottom=f"1px solid {rx.color('gray', 5)}",
    )

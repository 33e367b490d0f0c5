"""The "Manage accounts" card of the settings."""

from __future__ import annotations

import reflex as rx

from ..database.public import DeviceSessionPublic
from ..security.redirects import ADD_ACCOUNT_PATH
from ..websocket.runtime import words
from ..websocket.state import MultiSessionState
from .buttons import link_button, needs_connection, once, switches
from .cards import card, card_actions
from .choose_account import remove_account, sign_in_again
from .tab import sign_out_of_all
from .user_view import user_view


def manage_accounts() -> rx.Component:
    """Return the card of all accounts on this device, each with its actions."""
    word = words()
    return card(
        word.manage_accounts,
        word.manage_accounts_description,
        rx.el.ul(
            rx.foreach(MultiSessionState.accounts, manage_account),
            aria_label=word.manage_accounts,
            class_name="ms-rows",
        ),
        card_actions(
            link_button(word.add_account, ADD_ACCOUNT_PATH, icon="circle-plus", variant="soft"),
            rx.cond(
                MultiSessionState.has_others,
                rx.button(
                    word.sign_out_all,
                    variant="outline",
                    color_scheme="red",
                    on_click=sign_out_of_all(),
                    custom_attrs=needs_connection(),
                ),
            ),
        ),
    )


def manage_account(session: rx.Var[DeviceSessionPublic]) -> rx.Component:
    """Return one row: an account to sign out, and to switch to unless it is active.

    A remembered account has buttons to sign in again and to remove it instead.
    """
    note = words().signed_out_account
    return rx.el.li(
        rx.box(
            rx.cond(session.is_signed_out, user_view(session.user, note), user_view(session.user)),
            flex="1 1 200px",
            min_width="0",
        ),
        rx.flex(
            rx.cond(
                session.is_signed_out,
                rx.fragment(sign_in_again(session), remove_account(session)),
                rx.fragment(
                    rx.cond(
                        session.is_current,
                        rx.badge(words().active_account, color_scheme="green", high_contrast=True, size="2"),
                        _switch(session),
                    ),
                    _sign_out(session),
                ),
            ),
            spacing="2",
            align="center",
            wrap="wrap",
        ),
        key=session.id,
    )


def _switch(session: rx.Var[DeviceSessionPublic]) -> rx.Component:
    word = words().switch_account
    return rx.button(
        rx.icon("arrow-left-right", size=14, aria_hidden=True),
        word,
        variant="soft",
        aria_label=f"{word}: {session.user.name}",
        on_click=MultiSessionState.set_active(session.id),
        custom_attrs=switches(),
    )


def _sign_out(session: rx.Var[DeviceSessionPublic]) -> rx.Component:
    word = words().sign_out
    return rx.button(
        rx.icon("log-out", size=14, aria_hidden=True),
        word,
        variant="outline",
        color_scheme="gray",
        aria_label=f"{word}: {session.user.name}",
        on_click=once(MultiSessionState.revoke(session.id)),
        custom_attrs=needs_connection(),
    )

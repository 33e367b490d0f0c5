"""The "Switch Account" submenu."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ..database.public import DeviceSessionPublic
from ..security.redirects import ADD_ACCOUNT_PATH
from ..websocket.runtime import words
from ..websocket.state import MultiSessionState
from .buttons import switches
from .choose_account import sign_in_again_path
from .menu import MenuRadioGroup, MenuRadioItem, menu_link, submenu_content
from .user_view import user_view


def switch_account_submenu() -> rx.Component:
    """Return the menu item that opens the accounts of this device. Put it into a `rx.dropdown_menu.content`."""
    return rx.dropdown_menu.sub(
        rx.dropdown_menu.sub_trigger(rx.icon("arrow-left-right", size=16, aria_hidden=True), words().switch_account),
        switch_account_submenu_content(),
    )


def switch_account_submenu_content() -> rx.Component:
    """Return every account on this device, the active one checked, then "Add Account"."""
    return submenu_content(
        MenuRadioGroup.create(
            rx.foreach(MultiSessionState.accounts, switch_account_submenu_item),
            value=MultiSessionState.session_id,
            aria_label=words().switch_account,
        ),
        rx.dropdown_menu.separator(),
        menu_link("circle-plus", words().add_account, ADD_ACCOUNT_PATH),
    )


def switch_account_submenu_item(session: rx.Var[DeviceSessionPublic]) -> rx.Component:
    """Return one account. A click switches to it and shows it busy; a remembered one leads to the sign-in."""
    row: dict[str, Any] = {
        "key": session.id,
        "value": session.id,
        "text_value": session.user.name,
        "class_name": "ms-row",
    }
    return rx.cond(
        session.is_signed_out,
        MenuRadioItem.create(
            user_view(session.user, words().signed_out_account),
            on_select=rx.redirect(sign_in_again_path(session)),
            **row,
        ),
        MenuRadioItem.create(
            user_view(session.user),
            on_select=MultiSessionState.set_active(session.id),
            custom_attrs=switches(),
            **row,
        ),
    )

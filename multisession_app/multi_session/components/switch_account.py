"""The "Switch Account" submenu."""

from __future__ import annotations

import reflex as rx

from ..models import DeviceSessionPublic
from ..runtime import words
from ..state import MultiSessionState
from .elements import MenuRadioGroup, MenuRadioItem, menu_link, submenu_content
from .user_view import user_view

ADD_ACCOUNT_PATH = "/auth/sign-in?add=1"


def switch_account_submenu() -> rx.Component:
    """Return the menu item that opens the accounts of this device. Belongs into a `rx.dropdown_menu.content`."""
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
    """Return one account: a click switches to it; the one on its way is busy."""
    is_coming = MultiSessionState.switching_to == session.id
    return MenuRadioItem.create(
        user_view(session.user),
        rx.cond(is_coming, rx.spinner(size="1", margin_left="auto")),
        key=session.id,
        value=session.id,
        text_value=session.user.name,
        disabled=is_coming,
        class_name="ms-row",
        on_select=MultiSessionState.set_active(session.id),
    )

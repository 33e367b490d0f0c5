"""The user button and its menu."""

from __future__ import annotations

import reflex as rx
from reflex.style import LiteralColorMode, color_mode, set_color_mode
from reflex_components_core.react_router.dom import ReactRouterLink

from ..database.public import DeviceSessionPublic
from ..websocket.runtime import words
from ..websocket.state import MultiSessionState
from .choose_account import sign_in_again_path
from .menu import MenuRadioGroup, MenuRadioItem, menu, menu_action, menu_link, submenu
from .switch_account import switch_account_submenu
from .tab import sign_out_of_all
from .user_view import user_avatar, user_view

SETTINGS_PATH = "/settings/account"
SIGN_IN_PATH = "/auth/sign-in"
SIGN_UP_PATH = "/auth/sign-up"


def user_button(*links: rx.Component) -> rx.Component:
    """Return the active account as a button with its menu. `links` are menu items of the app's own.

    Signed out, the menu offers to sign in or up. Until the accounts are known, a placeholder of the same size is shown.
    """
    return rx.cond(
        MultiSessionState.is_loaded,
        rx.cond(MultiSessionState.is_signed_in, _signed_in(*links), _signed_out()),
        rx.hstack(
            rx.skeleton(width="32px", height="32px", border_radius="50%"),
            rx.skeleton(width="96px", height="16px"),
            align="center",
            min_height="44px",
            aria_hidden=True,
        ),
    )


def _signed_in(*links: rx.Component) -> rx.Component:
    word, user = words(), MultiSessionState.user
    return menu(
        rx.el.button(
            user_avatar(user),
            rx.text(
                user.name,
                size="2",
                weight="medium",
                class_name="ms-cut ms-user-text",
                max_width="160px",
                title=user.name,
            ),
            rx.icon("chevrons-up-down", size=16, aria_hidden=True, flex="none", color=rx.color("gray", 11)),
            type="button",
            class_name="ms-trigger",
            aria_label=f"{word.account_menu}: {user.name}, {user.email}",
        ),
        rx.box(user_view(user), class_name="ms-menu-head"),
        rx.dropdown_menu.separator(),
        *links,
        menu_link("settings", word.settings, SETTINGS_PATH),
        switch_account_submenu(),
        _theme_submenu(),
        rx.dropdown_menu.separator(),
        menu_action("log-out", word.sign_out, MultiSessionState.sign_out),
        rx.cond(
            MultiSessionState.has_others,
            menu_action("log-out", word.sign_out_all, sign_out_of_all()),
        ),
        width="260px",
    )


def _signed_out() -> rx.Component:
    word = words()
    return menu(
        rx.el.button(
            rx.icon("circle-user-round", size=24, aria_hidden=True),
            rx.text(word.account, size="2", weight="medium"),
            type="button",
            class_name="ms-trigger",
        ),
        rx.foreach(MultiSessionState.accounts, _remembered),
        rx.cond(MultiSessionState.has_remembered, rx.dropdown_menu.separator()),
        menu_link("log-in", word.sign_in, SIGN_IN_PATH),
        menu_link("user-plus", word.sign_up, SIGN_UP_PATH),
        rx.dropdown_menu.separator(),
        _theme_submenu(),
        width="260px",
    )


def _remembered(session: rx.Var[DeviceSessionPublic]) -> rx.Component:
    # Signed out, the list has remembered accounts only.
    return rx.dropdown_menu.item(
        ReactRouterLink.create(user_view(session.user, words().signed_out_account), to=sign_in_again_path(session)),
        as_child=True,
        key=session.id,
        class_name="ms-row",
    )


def _theme_submenu() -> rx.Component:
    word = words()
    choices: list[tuple[LiteralColorMode, str]] = [
        ("system", word.theme_system),
        ("light", word.theme_light),
        ("dark", word.theme_dark),
    ]
    return submenu(
        "palette",
        word.theme,
        MenuRadioGroup.create(
            *[
                MenuRadioItem.create(text, value=mode, text_value=text, on_select=set_color_mode(mode))
                for mode, text in choices
            ],
            value=color_mode,
            aria_label=word.theme,
        ),
        class_name="ms-narrow",
    )

"""Menus that follow the ARIA Authoring Practices Guide (APG): menu button, submenu and menuitemradio."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_radix.themes.base import RadixThemesComponent
from reflex_components_radix.themes.components.dropdown_menu import (
    DropdownMenuContent,
    DropdownMenuRoot,
    DropdownMenuSubContent,
)

from ..options import LIBRARY
from .buttons import icon_link, needs_connection


class Menu(DropdownMenuRoot):
    """Radix's menu, but its content stands in the landmark of its button, and Tab leaves it."""

    library = f"{LIBRARY}/menu"
    tag = "Menu"


class MenuContent(DropdownMenuContent):
    """The content of a `Menu`."""

    library = f"{LIBRARY}/menu"
    tag = "MenuContent"


class SubmenuContent(DropdownMenuSubContent):
    """The content of a submenu of a `Menu`."""

    library = f"{LIBRARY}/menu"
    tag = "SubmenuContent"


class MenuRadioGroup(RadixThemesComponent):
    """A group of menu items of which one is checked (APG: menuitemradio)."""

    tag = "DropdownMenu.RadioGroup"

    value: rx.Var[str]


class MenuRadioItem(RadixThemesComponent):
    """One item of a `MenuRadioGroup`."""

    tag = "DropdownMenu.RadioItem"

    value: rx.Var[str]
    disabled: rx.Var[bool]
    text_value: rx.Var[str]

    on_select: rx.EventHandler[rx.event.no_args_event_spec]


_MENU = {"variant": "soft", "color_scheme": "gray", "loop": True}


def menu(button: rx.Component, *items: rx.Component, width: str) -> rx.Component:
    """Return a button that opens a menu (APG: menu button)."""
    return Menu.create(
        rx.dropdown_menu.trigger(button),
        MenuContent.create(*items, class_name="ms-menu", align="end", width=width, **_MENU),
        # A modal menu hides the rest of the page, with its focusable parts, from screen readers: axe refuses that.
        modal=False,
    )


def submenu(icon: str, text: str, *items: rx.Component, class_name: str = "") -> rx.Component:
    """Return a menu item that opens more items."""
    return rx.dropdown_menu.sub(
        rx.dropdown_menu.sub_trigger(rx.icon(icon, size=16, aria_hidden=True), text),
        submenu_content(*items, class_name=class_name),
    )


def submenu_content(*items: rx.Component, class_name: str = "") -> rx.Component:
    """Return the content of a submenu: beside the menu, or at the bottom of a narrow screen."""
    return SubmenuContent.create(*items, class_name=f"ms-menu ms-submenu {class_name}".strip(), **_MENU)


def menu_link(icon: str, text: str, href: str) -> rx.Component:
    """Return a menu item that is a real link, so that it can be opened in a new tab. `icon` is a Lucide icon's name."""
    return rx.dropdown_menu.item(icon_link(icon, text, href), as_child=True)


def menu_action(icon: str, text: str, on_select: Any, **props: Any) -> rx.Component:
    """Return a menu item that runs an action; it is refused while there is no connection."""
    return rx.dropdown_menu.item(
        rx.icon(icon, size=16, aria_hidden=True), text, on_select=on_select, custom_attrs=needs_connection(), **props
    )

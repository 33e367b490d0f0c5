"""The React parts that Reflex has no component for."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex.vars.function import FunctionStringVar, FunctionVar
from reflex_components_core.react_router.dom import ReactRouterLink
from reflex_components_radix.themes.base import RadixThemesComponent
from reflex_components_radix.themes.components.dropdown_menu import (
    DropdownMenuContent,
    DropdownMenuRoot,
    DropdownMenuSubContent,
)

from ..runtime import words

LIBRARY = "$/utils/multi_session"
"""Put there by `MultiSessionPlugin.get_static_assets`."""


class HttpForm(rx.Component):
    """A form whose fields go as JSON over HTTP, never in a Reflex event: passwords take no other way.

    A refusal is shown at its field or at the top, and takes the focus; what was typed stays. On success the whole
    page is loaded anew at `next`; without it the form stays and says `saved`. It `renews` where the answer holds a new
    cookie, and then forgets what was typed.
    """

    library = f"{LIBRARY}/form"
    tag = "HttpForm"

    path: rx.Var[str]
    next: rx.Var[str]
    saved: rx.Var[str]
    renews: rx.Var[bool]
    session_id: rx.Var[str]
    takes_focus: rx.Var[bool]
    unreachable: rx.Var[str]
    cookies_blocked: rx.Var[str]


class Field(rx.Component):
    """A labelled input of an `HttpForm`, with what the server refuses about it (WCAG 3.3.1).

    With `show_label` it is a password input, with a button that shows what was typed (ASVS 6.2.6).
    """

    library = f"{LIBRARY}/form"
    tag = "Field"

    name: rx.Var[str]
    label: rx.Var[str]
    hint: rx.Var[str]
    show_label: rx.Var[str]
    default_value: rx.Var[str]
    max_length: rx.Var[int]
    auto_complete: rx.Var[str]
    input_mode: rx.Var[str]
    auto_capitalize: rx.Var[str]
    spell_check: rx.Var[bool]


class Tab(rx.Component):
    """What each tab does by itself; its children are further notices."""

    library = f"{LIBRARY}/tab"
    tag = "Tab"

    account: rx.Var[str]
    session_id: rx.Var[str]
    shown_at: rx.Var[str]
    has_errors: rx.Var[bool]
    cover_after: rx.Var[int]
    offline: rx.Var[str]
    not_sent: rx.Var[str]
    covered: rx.Var[str]
    dismiss: rx.Var[str]


def sign_out_of_all() -> Any:
    """Return the action that signs every account of this browser out, by HTTP."""
    imports = VarData(imports={f"{LIBRARY}/tab": "signOutOfAll"})
    function: FunctionVar = FunctionStringVar.create("signOutOfAll", _var_data=imports)
    return rx.run_script(function.call(words().unreachable))


class Menu(DropdownMenuRoot):
    """Radix's, with its content inside the landmark of its button, and left by Tab."""

    library = f"{LIBRARY}/menu"
    tag = "Menu"


class MenuContent(DropdownMenuContent):
    """What a `Menu` holds."""

    library = f"{LIBRARY}/menu"
    tag = "MenuContent"


class SubmenuContent(DropdownMenuSubContent):
    """What a submenu of a `Menu` holds."""

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


def needs_connection() -> dict[str, str]:
    """Return the `custom_attrs` of a button or form that is refused, in words, while there is no connection.

    Without them Reflex keeps the event and sends it once the connection is back.
    """
    # A new one for each: Reflex 0.10.1 adds a component's other attributes to the very dictionary that it is given.
    return {"data-needs-connection": ""}


def switches() -> dict[str, str]:
    """Return the `custom_attrs` of what switches to another account: from the click on it is busy."""
    return {**needs_connection(), "data-switches": ""}


_DOUBLE_CLICK_MS = 500


def once(action: Any) -> Any:
    """Return the action so that a double click does it once: the second click may meet the row that moved up."""
    return action.throttle(_DOUBLE_CLICK_MS)


_MENU = {"variant": "soft", "color_scheme": "gray", "loop": True}


def menu(button: rx.Component, *items: rx.Component, width: str) -> rx.Component:
    """Return a button that opens a menu (APG: menu button)."""
    return Menu.create(
        rx.dropdown_menu.trigger(button),
        MenuContent.create(*items, class_name="ms-menu", align="end", width=width, **_MENU),
        # A modal menu hides the rest of the page with its focusable parts from screen readers, which axe refuses.
        modal=False,
    )


def submenu(icon: str, text: str, *items: rx.Component, class_name: str = "") -> rx.Component:
    """Return a menu item that opens more items."""
    return rx.dropdown_menu.sub(
        rx.dropdown_menu.sub_trigger(rx.icon(icon, size=16, aria_hidden=True), text),
        submenu_content(*items, class_name=class_name),
    )


def submenu_content(*items: rx.Component, class_name: str = "") -> rx.Component:
    """Return what a submenu holds: beside the menu, or from the bottom of a narrow screen."""
    return SubmenuContent.create(*items, class_name=f"ms-menu ms-submenu {class_name}".strip(), **_MENU)


def menu_link(icon: str, text: str, href: str) -> rx.Component:
    """Return a menu item that is a real link, so that it opens in a new tab too."""
    return rx.dropdown_menu.item(_link(icon, text, href), as_child=True)


def menu_action(icon: str, text: str, on_select: Any, **props: Any) -> rx.Component:
    """Return a menu item that does something."""
    return rx.dropdown_menu.item(
        rx.icon(icon, size=16, aria_hidden=True), text, on_select=on_select, custom_attrs=needs_connection(), **props
    )


def link_button(text: str | rx.Component, href: str | rx.Var[str], *, icon: str = "", **props: Any) -> rx.Component:
    """Return a link that looks like a button."""
    return rx.button(_link(icon, text, href), as_child=True, **props)


def _link(icon: str, text: str | rx.Component, href: str | rx.Var[str]) -> rx.Component:
    picture = [rx.icon(icon, size=16, aria_hidden=True)] if icon else []
    return ReactRouterLink.create(*picture, text, to=href)


def loading_title() -> rx.Component:
    """Return the heading of a page that is a placeholder yet, for those who do not see that it is."""
    return rx.el.h1(words().loading, class_name="ms-unseen")

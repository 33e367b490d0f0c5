"""The React parts that Reflex has no component for."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink


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


def link_button(text: str | rx.Component, href: str | rx.Var[str], *, icon: str = "", **props: Any) -> rx.Component:
    """Return a link that looks like a button."""
    return rx.button(_link(icon, text, href), as_child=True, **props)


def _link(icon: str, text: str | rx.Component, href: str | rx.Var[str]) -> rx.Component:
    picture = [rx.icon(icon, size=16, aria_hidden=True)] if icon else []
    return ReactRouterLink.create(*picture, text, to=href)

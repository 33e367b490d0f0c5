"""Links that look like buttons, and what keeps a click from being queued, repeated or left unanswered."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

_DOUBLE_CLICK_MS = 500


def needs_connection() -> dict[str, str]:
    """Return the `custom_attrs` of a button or form that is refused, with a notice, while there is no connection.

    Without them Reflex queues the event and sends it once the connection is back.
    """
    # A new dictionary each time: Reflex 0.10.1 adds a component's other attributes to the one that it is given.
    return {"data-needs-connection": ""}


def switches() -> dict[str, str]:
    """Return the `custom_attrs` of what switches to another account: it shows that it is busy from the click on."""
    return {**needs_connection(), "data-switches": ""}


def once(action: Any) -> Any:
    """Return the action so that a double click runs it once: the second click may hit the row that moved up."""
    return action.throttle(_DOUBLE_CLICK_MS)


def link_button(text: str | rx.Component, href: str | rx.Var[str], *, icon: str = "", **props: Any) -> rx.Component:
    """Return a link that looks like a button. `icon` is the name of a Lucide icon, "" for none."""
    return rx.button(icon_link(icon, text, href), as_child=True, **props)


def icon_link(icon: str, text: str | rx.Component, href: str | rx.Var[str]) -> rx.Component:
    """Return a plain link with an icon, "" for none, in front of its text."""
    picture = [rx.icon(icon, size=16, aria_hidden=True)] if icon else []
    return ReactRouterLink.create(*picture, text, to=href)

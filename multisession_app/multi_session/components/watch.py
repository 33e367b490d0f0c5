"""Runs a handler again whenever a value changes, such as when the accounts were last read."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ..options import LIBRARY
from ..websocket.state import MultiSessionState


class Watch(rx.Component):
    """Runs `on_change` when it comes on the page, and whenever `value` changes while it is there."""

    library = f"{LIBRARY}/watch"
    tag = "Watch"

    value: rx.Var[str]

    on_change: rx.EventHandler[rx.event.no_args_event_spec]


def refresh_with_accounts(read: Any) -> rx.Component:
    """Return what runs the handler `read` when it comes on the page, and again whenever the accounts change.

    Use it for rows of your own from `SecurityState`: `refresh_with_accounts(SecurityState.show_sessions)`.
    """
    return Watch.create(value=MultiSessionState.shown_at, on_change=read)

"""A moment in words that stay right."""

from __future__ import annotations

import reflex as rx

from ..options import LIBRARY


class Time(rx.Component):
    """A moment (ISO 8601) as "5 minutes ago", kept right while it stands there; whole when pointed at."""

    library = f"{LIBRARY}/time"
    tag = "Time"

    at: rx.Var[str]


def at(text: str, moment: rx.Var[str]) -> rx.Component:
    """Return a text with the moment in place of its `{time}`."""
    before, _, after = text.partition("{time}")
    return rx.el.span(before, Time.create(at=moment), after)

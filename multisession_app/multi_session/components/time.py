"""Moments in words, such as "5 minutes ago", that stay right while they are on screen."""

from __future__ import annotations

import reflex as rx

from ..options import LIBRARY


class Time(rx.Component):
    """A moment (ISO 8601) as "5 minutes ago", kept up to date. Date and time are shown in full when pointed at."""

    library = f"{LIBRARY}/time"
    tag = "Time"

    at: rx.Var[str]


def at(text: str, moment: rx.Var[str]) -> rx.Component:
    """Return the text with the moment in place of `{time}`."""
    before, _, after = text.partition("{time}")
    return rx.el.span(before, Time.create(at=moment), after)

"""Rows of a card: what is in them, and what keeps them as they are on the server."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ..state import MultiSessionState
from .elements import LIBRARY


class Time(rx.Component):
    """A moment (ISO 8601) as "5 minutes ago", kept right while it stands there; whole when pointed at."""

    library = f"{LIBRARY}/time"
    tag = "Time"

    at: rx.Var[str]


class Watch(rx.Component):
    """Does its action when it comes on the page, and whenever the value changes while it is there."""

    library = f"{LIBRARY}/watch"
    tag = "Watch"

    value: rx.Var[str]

    on_change: rx.EventHandler[rx.event.no_args_event_spec]


def watch(read: Any) -> rx.Component:
    """Return what runs a handler that reads when it comes on the page, and again whenever the accounts change.

    For rows of your own from `SecurityState`: `watch(SecurityState.show_sessions)`.
    """
    return Watch.create(value=MultiSessionState.shown_at, on_change=read)


def at(text: str, moment: rx.Var[str]) -> rx.Component:
    """Return a text with the moment in place of its `{time}`."""
    before, _, after = text.partition("{time}")
    return rx.el.span(before, Time.create(at=moment), after)


def row(
    icon: Any, title: Any, badge: Any, details: list[Any], *actions: Any, icon_kind: Any = "", **props: Any
) -> rx.Component:
    """Return a row of a `ul.ms-rows`; the details stand one after the other as far as they fit in a line."""
    return rx.el.li(
        rx.el.span(icon, class_name="ms-row-icon", aria_hidden=True, custom_attrs={"data-kind": icon_kind}),
        rx.el.div(
            rx.el.div(
                rx.el.div(rx.el.span(title, class_name="ms-row-title"), badge, class_name="ms-row-head"),
                rx.el.div(*details, class_name="ms-row-details"),
                class_name="ms-row-text",
            ),
            *actions,
            class_name="ms-row-body",
        ),
        **props,
    )


def skeleton_rows(count: int) -> rx.Component:
    """Return as many rows that are not known yet."""
    one = rx.hstack(
        rx.skeleton(width="36px", height="36px", border_radius="8px"),
        rx.vstack(rx.skeleton(width="40%", height="16px"), rx.skeleton(width="65%", height="12px"), flex="1"),
        align="center",
        spacing="3",
        padding="12px 16px",
    )
    return rx.box(*[one for _ in range(count)], aria_hidden=True)

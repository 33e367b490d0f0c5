"""The cards of the settings with their rows and footers, and the placeholders for what is not loaded yet."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_radix.themes.base import LiteralAccentColor

from ..websocket.runtime import words


def row(
    icon: Any, title: Any, badge: Any, details: list[Any], *actions: Any, icon_kind: Any = "", **props: Any
) -> rx.Component:
    """Return a row of a `ul.ms-rows`. The details stand side by side and wrap where a line is full."""
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
    """Return placeholders for that many rows."""
    one = rx.hstack(
        rx.skeleton(width="36px", height="36px", border_radius="8px"),
        rx.vstack(rx.skeleton(width="40%", height="16px"), rx.skeleton(width="65%", height="12px"), flex="1"),
        align="center",
        spacing="3",
        padding="12px 16px",
    )
    return rx.box(*[one for _ in range(count)], aria_hidden=True)


def card(title: str, description: str, *children: rx.Component, color: LiteralAccentColor = "gray") -> rx.Component:
    """Return a titled box of the settings, red for what cannot be undone."""
    return rx.el.section(
        rx.heading(title, as_="h2", size="4", margin_bottom="4px"),
        rx.text(description, size="2", color_scheme="gray", margin_bottom="12px"),
        rx.box(
            *children,
            border=f"1px solid {rx.color(color, 5)}",
            border_radius="12px",
            background=rx.color("gray", 1),
            overflow="hidden",
        ),
        width="100%",
    )


def card_actions(*children: rx.Component) -> rx.Component:
    """Return the footer of a card, for actions that concern all of it."""
    return rx.flex(
        *children,
        spacing="3",
        wrap="wrap",
        padding="12px 16px",
        border_top=f"1px solid {rx.color('gray', 5)}",
        background=rx.color("gray", 2),
    )


def loading_title() -> rx.Component:
    """Return the hidden heading of a placeholder: it tells people who use a screen reader that the page is loading."""
    return rx.el.h1(words().loading, class_name="ms-unseen")

"""The page `/auth/sign-in`, where "Add Account" leads too."""

import reflex as rx

from .. import demo
from ..multi_session import MultiSessionState, sign_in, sign_in_button
from .layout import layout


def page() -> rx.Component:
    """Return the page."""
    return layout(*([_demo()] if demo.is_on() else []), sign_in())


def _demo() -> rx.Component:
    return rx.el.section(
        rx.text("This is a demo", size="3", weight="bold"),
        rx.text(
            "Three people of your own, signed in on this browser and ready to switch. They are made for you alone, and "
            "deleted after a day with all that you write as one of them. Nobody needs your email for it.",
            size="2",
            margin="4px 0 16px",
        ),
        rx.cond(MultiSessionState.is_signed_in, None, sign_in_button("Try it with three accounts", demo.PATH)),
        aria_label="Demo",
        max_width="400px",
        margin="0 auto",
        padding="20px",
        border_radius="12px",
        background=rx.color("indigo", 3),
    )

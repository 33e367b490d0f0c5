"""The page `/auth/sign-up`."""

import reflex as rx

from ..multi_session import sign_up
from .layout import layout


def page() -> rx.Component:
    """Return the page."""
    return layout(sign_up())

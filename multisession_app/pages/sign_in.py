"""`/auth/sign-in`, also the door of "Add Account"."""

import reflex as rx

from ..multi_session import sign_in
from .layout import layout


def page() -> rx.Component:
    """Return the page."""
    return layout(sign_in())

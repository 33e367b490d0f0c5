"""`/settings/account`."""

import reflex as rx

from ..multi_session import manage_accounts, profile, signed_in_only
from .layout import layout


def page() -> rx.Component:
    """Return the page."""
    return layout(
        signed_in_only(
            rx.heading("Settings", as_="h1", size="6", margin_bottom="24px"),
            rx.flex(profile(), manage_accounts(), direction="column", spacing="6"),
        )
    )

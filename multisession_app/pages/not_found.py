"""The page shown where there is none: it says so in the app's layout and links home."""

import reflex as rx

from ..multi_session import link_button
from .layout import layout


def page() -> rx.Component:
    """Return the page."""
    return layout(
        rx.vstack(
            rx.heading("There is no page here", as_="h1", size="8", text_align="center"),
            rx.text(
                "The address may be mistyped, or the page is gone.", size="4", color_scheme="gray", text_align="center"
            ),
            link_button("Go to your notes", "/", size="3"),
            align="center",
            spacing="5",
            padding_top="72px",
        )
    )

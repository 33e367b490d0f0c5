"""The layout of every page of the demo: the header with the user button, and the content below it."""

import reflex as rx

from ..multi_session import user_button


def layout(*children: rx.Component, width: str = "720px") -> rx.Component:
    """Return a whole page with this content."""
    return rx.box(
        rx.el.header(
            rx.link(
                rx.hstack(
                    rx.icon("notebook-pen", size=20, aria_hidden=True),
                    rx.text("Notes", weight="bold", size="3"),
                    align="center",
                    spacing="2",
                ),
                href="/",
                underline="none",
                high_contrast=True,
                color_scheme="gray",
            ),
            user_button(),
            display="flex",
            align_items="center",
            justify_content="space-between",
            gap="16px",
            padding="8px 20px",
            border_bottom=f"1px solid {rx.color('gray', 5)}",
        ),
        rx.el.main(*children, max_width=width, margin="0 auto", padding="32px 20px 96px"),
        min_height="100vh",
    )

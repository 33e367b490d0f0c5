"""What the settings pages share: the heading, and the links from one to the other."""

import reflex as rx

from ..multi_session import link_button, signed_in_only
from .layout import layout

ACCOUNT, SECURITY = "/settings/account", "/settings/security"


def settings(path: str, *cards: rx.Component) -> rx.Component:
    """Return the settings page at that path, with these cards."""
    return layout(
        signed_in_only(
            rx.heading("Settings", as_="h1", size="6", margin_bottom="16px"),
            rx.el.nav(
                _tab("user-round", "Account", ACCOUNT, path),
                _tab("shield", "Security", SECURITY, path),
                aria_label="Settings",
                display="inline-flex",
                gap="4px",
                padding="4px",
                margin_bottom="24px",
                border_radius="10px",
                background=rx.color("gray", 3),
            ),
            rx.flex(*cards, direction="column", spacing="6"),
        )
    )


def _tab(icon: str, text: str, path: str, shown: str) -> rx.Component:
    is_shown = {"background": rx.color("gray", 1), "custom_attrs": {"aria-current": "page"}} if path == shown else {}
    return link_button(
        text, path, icon=icon, variant="ghost", color_scheme="gray", high_contrast=path == shown, margin="0", **is_shown
    )

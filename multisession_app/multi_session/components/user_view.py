"""A user as a picture, or as picture, name and e-mail."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ..database.public import UserPublic


def user_avatar(user: rx.Var[UserPublic] | UserPublic, *, size: str = "2") -> rx.Component:
    """Return the user's picture, or initials without one. Screen readers skip it, as the name stands beside it."""
    return rx.avatar(
        src=user.image,
        fallback=user.initials,
        size=size,
        radius="full",
        variant="soft",
        # Without this it would take a menu's colour and look different there.
        color_scheme="gray",
        aria_hidden=True,
        alt="",
    )


def user_view(user: rx.Var[UserPublic] | UserPublic, note: str = "", **props: Any) -> rx.Component:
    """Return picture, name and e-mail, and a note below. Text that does not fit is cut; its `title` has all of it."""
    return rx.hstack(
        user_avatar(user),
        rx.vstack(
            rx.text(user.name, size="2", weight="medium", class_name="ms-cut", width="100%", title=user.name),
            rx.text(user.email, size="1", color_scheme="gray", class_name="ms-cut", width="100%", title=user.email),
            *([rx.text(note, size="1", color_scheme="red", width="100%")] if note else []),
            class_name="ms-user-text",
            spacing="0",
            min_width="0",
            flex="1",
            text_align="left",
        ),
        align="center",
        spacing="3",
        min_width="0",
        width="100%",
        **props,
    )

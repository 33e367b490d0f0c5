"""The "Profile" card of the settings: name and picture."""

from __future__ import annotations

import reflex as rx

from ..options import IMAGE_MAX, NAME_MAX
from ..websocket.runtime import words
from ..websocket.state import MultiSessionState
from .cards import card, card_actions
from .form import Field, HttpForm
from .user_view import user_avatar


def profile() -> rx.Component:
    """Return the card with the active user's picture and name, and a form to change them."""
    word, user = words(), MultiSessionState.user
    return card(
        word.profile,
        word.profile_description,
        HttpForm.create(
            rx.flex(
                rx.hstack(
                    user_avatar(user, size="5"),
                    rx.vstack(
                        rx.text(user.name, weight="medium", class_name="ms-cut", width="100%", title=user.name),
                        rx.text(
                            user.email,
                            size="2",
                            color_scheme="gray",
                            class_name="ms-cut",
                            width="100%",
                            title=user.email,
                        ),
                        spacing="0",
                        min_width="0",
                        flex="1",
                    ),
                    align="center",
                    spacing="4",
                    min_width="0",
                ),
                Field.create(
                    name="name", label=word.name, default_value=user.name, max_length=NAME_MAX, auto_complete="name"
                ),
                Field.create(
                    name="image",
                    label=word.picture,
                    hint=word.picture_hint,
                    default_value=user.image,
                    max_length=IMAGE_MAX,
                    input_mode="url",
                    auto_complete="off",
                ),
                direction="column",
                spacing="4",
                padding="16px",
            ),
            card_actions(
                rx.button(rx.el.span(rx.spinner(size="2"), class_name="ms-spinner"), word.save, type="submit")
            ),
            path="/update-user",
            saved=word.saved,
            session_id=MultiSessionState.session_id,
            unreachable=word.unreachable,
            cookies_blocked=word.cookies_blocked,
        ),
    )

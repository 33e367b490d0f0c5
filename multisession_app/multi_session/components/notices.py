"""What the plugin adds to every page: the notice of what became of an account, and the ear for other tabs."""

from __future__ import annotations

import reflex as rx

from ..runtime import words
from ..state import MultiSessionState
from .elements import TabSync


def notices() -> rx.Component:
    """Return the status region; it is always there, since screen readers announce only what changes in one."""
    return rx.fragment(
        TabSync.create(),
        rx.el.div(
            rx.cond(
                MultiSessionState.notice != "",
                rx.el.div(
                    rx.el.span(MultiSessionState.notice),
                    rx.el.button(
                        rx.icon("x", size=16, aria_hidden=True),
                        type="button",
                        aria_label=words().dismiss,
                        on_click=MultiSessionState.dismiss_notice,
                    ),
                    key=MultiSessionState.session_id + MultiSessionState.notice,
                    custom_attrs={"data-kind": MultiSessionState.notice_kind},
                ),
            ),
            role="status",
            class_name="ms-notice",
        ),
    )

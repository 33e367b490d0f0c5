"""What the plugin adds to every page: the notices of what became of an account, inside the `Tab`."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from ..options import COVER_AFTER
from ..websocket.runtime import words
from ..websocket.state import MultiSessionState
from .tab import Tab
from .time import Time


def notices() -> rx.Component:
    """Return the status regions. They are always there, as screen readers announce only changes inside one."""
    word = words()
    tab = Tab.create(
        rx.el.div(
            rx.cond(
                MultiSessionState.notice != "",
                rx.el.div(
                    rx.el.span(
                        MultiSessionState.notice,
                        rx.cond(
                            MultiSessionState.notice_at != "", rx.el.small(Time.create(at=MultiSessionState.notice_at))
                        ),
                    ),
                    rx.el.button(
                        rx.icon("x", size=16, aria_hidden=True),
                        type="button",
                        aria_label=word.dismiss,
                        on_click=MultiSessionState.dismiss_notice,
                    ),
                    key=MultiSessionState.session_id + MultiSessionState.notice,
                    class_name="ms-notice",
                    custom_attrs={"data-kind": MultiSessionState.notice_kind},
                ),
            ),
            role="status",
        ),
        account=MultiSessionState.user.name,
        session_id=MultiSessionState.session_id,
        shown_at=MultiSessionState.shown_at,
        snapshot_id=MultiSessionState.snapshot_id,
        on_show=MultiSessionState.acknowledge,
        has_errors=has_connection_errors,
        cover_after=int(COVER_AFTER.total_seconds() * 1000),
        offline=word.offline,
        not_sent=word.not_sent,
        covered=word.covered,
        dismiss=word.dismiss,
    )
    # A fragment, because Reflex adds the app as the last child of what is returned here.
    return rx.fragment(tab)

"""A button with a dialog that asks before the action, or asks for the password."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex_components_radix.themes.components.button import Button

from ..options import LIBRARY
from ..websocket.runtime import words
from ..websocket.state import MultiSessionState
from .buttons import needs_connection


class Confirm(Button):
    """A button that posts `body` to `path`: after a dialog if it `asks`, else at once.

    If the server wants a recent password entry, the dialog asks for the password and then repeats the action by
    itself. With `takes_password` the action always needs the password. Afterwards the notice `done` is shown.
    """

    library = f"{LIBRARY}/confirm"
    tag = "Confirm"

    path: rx.Var[str]
    body: rx.Var[dict[str, str]]
    session_id: rx.Var[str]
    done: rx.Var[str]
    asks: rx.Var[bool]
    takes_password: rx.Var[bool]
    heading: rx.Var[str]
    text: rx.Var[str]
    submit: rx.Var[str]
    cancel: rx.Var[str]
    username: rx.Var[str]
    password_label: rx.Var[str]
    password_hint: rx.Var[str]
    show_password: rx.Var[str]
    unreachable: rx.Var[str]


def confirm(*children: Any, asks: bool = True, **props: Any) -> rx.Component:
    """Return a `Confirm` for the account on screen."""
    word = words()
    return Confirm.create(
        *children,
        asks=asks,
        session_id=MultiSessionState.session_id,
        username=MultiSessionState.user.email,
        cancel=word.cancel,
        password_label=word.password,
        password_hint=word.confirm_password,
        show_password=word.show_password,
        unreachable=word.unreachable,
        custom_attrs=needs_connection(),
        **props,
    )

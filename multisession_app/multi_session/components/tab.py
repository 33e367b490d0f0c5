"""The `Tab` that the plugin puts on every page, and the action that signs all accounts out."""

from __future__ import annotations

from typing import Any

import reflex as rx
from reflex.vars import VarData
from reflex.vars.function import FunctionStringVar, FunctionVar

from ..options import LIBRARY
from ..websocket.runtime import words


class Tab(rx.Component):
    """What each tab does by itself: see `browser/tab.jsx`. Its children are further notices.

    The page is covered after `cover_after` milliseconds without the server, or asleep.
    """

    library = f"{LIBRARY}/tab"
    tag = "Tab"

    account: rx.Var[str]
    session_id: rx.Var[str]
    shown_at: rx.Var[str]
    snapshot_id: rx.Var[str]
    on_show: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    has_errors: rx.Var[bool]
    cover_after: rx.Var[int]
    offline: rx.Var[str]
    not_sent: rx.Var[str]
    covered: rx.Var[str]
    dismiss: rx.Var[str]


def sign_out_of_all() -> Any:
    """Return the action that signs all accounts of this browser out, by HTTP."""
    imports = VarData(imports={f"{LIBRARY}/tab": "signOutOfAll"})
    function: FunctionVar = FunctionStringVar.create("signOutOfAll", _var_data=imports)
    return rx.run_script(function.call(words().unreachable))

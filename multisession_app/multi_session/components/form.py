"""`HttpForm`, a form that leaves the browser over HTTP only, and the `Field`s in it."""

from __future__ import annotations

import reflex as rx

from ..options import LIBRARY


class HttpForm(rx.Component):
    """A form whose fields go as JSON over HTTP, never in a Reflex event. Passwords are sent in no other way.

    A refusal is shown at its field or at the top, and takes the focus; what was typed stays. On success the whole page
    is loaded anew at `next`. Without `next` the form stays and shows the notice `saved`. Set `renews` if the answer
    brings a new cookie: the form then checks that the browser took it, and empties its fields.
    """

    library = f"{LIBRARY}/form"
    tag = "HttpForm"

    path: rx.Var[str]
    next: rx.Var[str]
    saved: rx.Var[str]
    renews: rx.Var[bool]
    session_id: rx.Var[str]
    takes_focus: rx.Var[bool]
    unreachable: rx.Var[str]
    cookies_blocked: rx.Var[str]


class Field(rx.Component):
    """A labelled input of an `HttpForm`, with what the server refuses about it (WCAG 3.3.1).

    With `show_label` it is a password input with a button of that name, which shows what was typed (ASVS 6.2.6).
    """

    library = f"{LIBRARY}/form"
    tag = "Field"

    name: rx.Var[str]
    label: rx.Var[str]
    hint: rx.Var[str]
    show_label: rx.Var[str]
    default_value: rx.Var[str]
    max_length: rx.Var[int]
    auto_complete: rx.Var[str]
    input_mode: rx.Var[str]
    auto_capitalize: rx.Var[str]
    spell_check: rx.Var[bool]

"""Sign-in and sign-up. Their fields leave the browser over HTTP only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import reflex as rx

from ..options import EMAIL_MAX, NAME_MAX
from ..runtime import words
from ..state import MultiSessionState
from .elements import AuthForm, PasswordField


def sign_in(*, sign_up_path: str = "/auth/sign-up") -> rx.Component:
    """Return the sign-in card, which is also that of "Add Account"."""
    word = words()
    return _auth_card(
        rx.cond(MultiSessionState.is_signed_in, word.add_account_title, word.sign_in_title),
        "/sign-in/email",
        _email(),
        _password("current-password"),
        submit=word.sign_in,
        question=word.no_account_yet,
        other=word.sign_up,
        other_path=sign_up_path,
    )


def sign_up(*, sign_in_path: str = "/auth/sign-in") -> rx.Component:
    """Return the sign-up card; other accounts of the browser stay signed in."""
    word = words()
    return _auth_card(
        word.sign_up_title,
        "/sign-up/email",
        _name(),
        _email(),
        _password("new-password", word.password_hint),
        submit=word.sign_up,
        question=word.have_account,
        other=word.sign_in,
        other_path=sign_in_path,
    )


def _auth_card(
    title: Any, path: str, *fields: rx.Component, submit: str, question: str, other: str, other_path: str
) -> rx.Component:
    word = words()
    # `?next=` and `?add=1` go along to the other form.
    query = MultiSessionState.router.url.query
    return rx.card(
        rx.heading(title, as_="h1", size="6", margin_bottom="4px"),
        rx.cond(
            MultiSessionState.is_signed_in,
            rx.text(word.add_account_hint, size="2", color_scheme="gray"),
        ),
        AuthForm.create(
            rx.flex(
                *fields,
                rx.button(
                    rx.el.span(rx.spinner(size="2"), class_name="ms-spinner"),
                    submit,
                    type="submit",
                    size="3",
                    width="100%",
                ),
                direction="column",
                spacing="4",
            ),
            path=path,
            next=MultiSessionState.next_path,
            # Before the accounts are known the page cannot say whom it shows.
            session_id=rx.cond(MultiSessionState.is_loaded, MultiSessionState.session_id, rx.Var("undefined")),
            unreachable=word.unreachable,
            cookies_blocked=word.cookies_blocked,
            margin_top="20px",
        ),
        rx.text(
            question,
            " ",
            rx.link(other, href=other_path + rx.cond(query == "", "", "?" + query)),
            size="2",
            color_scheme="gray",
            margin_top="16px",
        ),
        size="4",
        width="100%",
        max_width="400px",
        margin="40px auto",
    )


def _name() -> rx.Component:
    return _field("name", words().name, rx.input, max_length=NAME_MAX, auto_complete="name", size="3", width="100%")


def _email() -> rx.Component:
    # "username" is what password managers look for beside a password; type=email would refuse what the server
    # takes, and in the browser's words.
    return _field(
        "email",
        words().email,
        rx.input,
        max_length=EMAIL_MAX,
        auto_complete="username",
        input_mode="email",
        auto_capitalize="none",
        spell_check=False,
        size="3",
        width="100%",
    )


def _password(auto_complete: str, hint: str = "") -> rx.Component:
    word = words()
    return _field(
        "password",
        word.password,
        PasswordField.create,
        hint=hint,
        show_label=word.show_password,
        auto_complete=auto_complete,
    )


def _field(name: str, label: str, make: Callable[..., rx.Component], *, hint: str = "", **props: Any) -> rx.Component:
    field_id, hint_id = f"ms-{name}", f"ms-{name}-hint"
    described = {"aria-describedby": hint_id} if hint else {}
    return rx.box(
        rx.el.label(rx.text(label, as_="span", size="2", weight="medium"), html_for=field_id),
        make(id=field_id, name=name, custom_attrs=described, **props),
        *([rx.text(hint, id=hint_id, size="1", color_scheme="gray", margin_top="4px")] if hint else []),
    )

"""The sign-in and sign-up forms. Their fields leave the browser over HTTP only."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ..options import EMAIL_MAX, NAME_MAX
from ..websocket.runtime import words
from ..websocket.state import MultiSessionState
from .cards import loading_title
from .choose_account import auth_card, choose_account, make_room, remembered_accounts
from .form import Field, HttpForm

# The link to the other form keeps `?next=` and `?add=1`. They are read from the page's own address: on a slow line a
# click comes before the server's answer to the tab's last navigation. While pages are built there is no window.
_QUERY: rx.Var[str] = rx.Var("(typeof window === 'undefined' ? '' : window.location.search)").to(str)


def sign_in(*, sign_up_path: str = "/auth/sign-up") -> rx.Component:
    """Return the sign-in card. If an account is signed in, it offers the accounts first, and "Add Account" the form."""
    word = words()
    return _once_known(
        rx.cond(
            MultiSessionState.is_signed_in & ~MultiSessionState.is_adding,
            choose_account(),
            _form_card(
                rx.cond(MultiSessionState.is_signed_in, word.add_account_title, word.sign_in_title),
                "/sign-in/email",
                _email(default_value=MultiSessionState.email_to_sign_in),
                _password("current-password"),
                _shared_computer(),
                before=remembered_accounts(),
                submit=word.sign_in,
                question=word.no_account_yet,
                other=word.sign_up,
                other_path=sign_up_path,
            ),
        )
    )


def sign_up(*, sign_in_path: str = "/auth/sign-in") -> rx.Component:
    """Return the sign-up card. Other accounts of the browser stay signed in."""
    word = words()
    return _once_known(
        _form_card(
            word.sign_up_title,
            "/sign-up/email",
            Field.create(name="name", label=word.name, max_length=NAME_MAX, auto_complete="name"),
            _email(),
            _password("new-password", hint=word.password_hint),
            _shared_computer(),
            before=rx.fragment(),
            submit=word.sign_up,
            question=word.have_account,
            other=word.sign_in,
            other_path=sign_in_path,
        )
    )


def sign_in_button(text: str, path: str) -> rx.Component:
    """Return a button that posts to a `sign_in_endpoint` of the app's own, then goes on as the sign-in form does."""
    return _form(_submit(text), path=path)


def _once_known(content: rx.Component) -> rx.Component:
    # A form shown earlier might vanish while somebody types the first letter.
    return rx.cond(
        MultiSessionState.is_loaded,
        content,
        auth_card(
            rx.vstack(
                loading_title(),
                rx.skeleton(height="32px", width="50%"),
                *[rx.skeleton(height="40px", width="100%") for _ in range(3)],
                spacing="5",
            ),
        ),
    )


def _form_card(
    title: Any,
    path: str,
    *fields: rx.Component,
    before: rx.Component,
    submit: str,
    question: str,
    other: str,
    other_path: str,
) -> rx.Component:
    word = words()
    return auth_card(
        rx.heading(title, as_="h1", size="6", margin_bottom="4px"),
        rx.cond(
            MultiSessionState.is_signed_in,
            rx.text(word.add_account_hint, size="2", color_scheme="gray"),
        ),
        rx.cond(MultiSessionState.is_full, make_room()),
        before,
        _form(
            rx.flex(*fields, _submit(submit), direction="column", spacing="4"),
            path=path,
            takes_focus=True,
            # A new form for each remembered account: its e-mail is filled in, and the focus goes to the password.
            key=MultiSessionState.email_to_sign_in,
            margin_top="20px",
        ),
        rx.text(
            question,
            " ",
            rx.link(other, href=other_path + _QUERY),
            size="2",
            color_scheme="gray",
            margin_top="16px",
        ),
    )


def _form(*children: rx.Component, **props: Any) -> rx.Component:
    word = words()
    return HttpForm.create(
        *children,
        next=MultiSessionState.next_path,
        session_id=MultiSessionState.session_id,
        unreachable=word.unreachable,
        cookies_blocked=word.cookies_blocked,
        **props,
    )


def _submit(text: str) -> rx.Component:
    spinner = rx.el.span(rx.spinner(size="2"), class_name="ms-spinner")
    return rx.button(spinner, text, type="submit", size="3", width="100%")


def _email(**props: Any) -> rx.Component:
    # Password managers look for "username" beside a password. `type=email` would refuse addresses that the server
    # takes, and in the browser's words.
    return Field.create(
        name="email",
        label=words().email,
        max_length=EMAIL_MAX,
        auto_complete="username",
        input_mode="email",
        auto_capitalize="none",
        spell_check=False,
        **props,
    )


def _password(auto_complete: str, **props: Any) -> rx.Component:
    word = words()
    return Field.create(
        name="password", label=word.password, show_label=word.show_password, auto_complete=auto_complete, **props
    )


def _shared_computer() -> rx.Component:
    word = words()
    hint = "ms-rememberMe-hint"
    # Ticked, it means no.
    box = rx.el.input(type="checkbox", name="rememberMe", custom_attrs={"aria-describedby": hint, "data-means": "no"})
    return rx.el.div(
        rx.el.label(box, word.shared_computer, class_name="ms-check"),
        rx.el.p(word.shared_computer_hint, id=hint, class_name="ms-hint"),
    )

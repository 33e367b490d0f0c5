"""The accounts on the sign-in page: to go on with, to sign in again, or to sign out to make room."""

from __future__ import annotations

from typing import Any

import reflex as rx

from ..database.public import DeviceSessionPublic
from ..localization import filled
from ..security.redirects import ADD_ACCOUNT_PATH
from ..websocket.runtime import options, words
from ..websocket.state import MultiSessionState
from .buttons import link_button, needs_connection, once, switches
from .user_view import user_view


def auth_card(*children: rx.Component, **props: Any) -> rx.Component:
    """Return the box in the middle of the sign-in pages."""
    size = rx.breakpoints(initial="3", sm="4")
    return rx.card(*children, size=size, width="100%", max_width="400px", margin="40px auto", **props)


def choose_account() -> rx.Component:
    """Return the card of the signed-in accounts, to go on with one of them or to add another."""
    word = words()
    continue_as = filled(word.continue_as, name=f"{MultiSessionState.user.name}")
    return auth_card(
        rx.heading(word.already_signed_in, as_="h1", size="6", margin_bottom="16px"),
        user_view(MultiSessionState.user),
        link_button(
            rx.el.span(continue_as, class_name="ms-two-lines"),
            MultiSessionState.next_path,
            size="3",
            width="100%",
            margin_top="16px",
            class_name="ms-wrap",
            title=continue_as,
        ),
        rx.cond(
            MultiSessionState.accounts.length() > 1,
            _list(rx.foreach(MultiSessionState.accounts, _other_account), word.switch_account),
        ),
        link_button(
            word.add_account,
            ADD_ACCOUNT_PATH + MultiSessionState.next_query,
            icon="circle-plus",
            variant="soft",
            size="3",
            width="100%",
            margin_top="16px",
        ),
    )


def remembered_accounts() -> rx.Component:
    """Return the remembered accounts, to sign in again or to remove; nothing if there are none."""
    return rx.cond(
        MultiSessionState.has_remembered,
        _list(rx.foreach(MultiSessionState.accounts, _if_remembered), words().signed_out_account),
    )


def make_room() -> rx.Component:
    """Return the signed-in accounts of a browser that can take no more, to sign one out."""
    word = words()
    return rx.box(
        rx.text(word.full_title, weight="medium", size="3"),
        rx.text(filled(word.full_text, count=str(options().maximum_sessions)), size="2", color_scheme="gray"),
        _list(rx.foreach(MultiSessionState.accounts, _account_to_sign_out), word.full_title),
        role="group",
        aria_label=word.full_title,
        margin_top="16px",
    )


def sign_in_again(session: rx.Var[DeviceSessionPublic], **props: Any) -> rx.Component:
    """Return the link to the sign-in form with the account's e-mail filled in."""
    word = words()
    return link_button(
        word.sign_in_again,
        sign_in_again_path(session),
        variant="soft",
        aria_label=f"{word.sign_in_again}: {session.user.name}",
        **props,
    )


def sign_in_again_path(session: rx.Var[DeviceSessionPublic]) -> rx.Var[str]:
    """Return where an account signs in again. Its id grants nothing, and no e-mail gets into the browser's history."""
    return ADD_ACCOUNT_PATH + "&account=" + session.id + MultiSessionState.next_query


def remove_account(session: rx.Var[DeviceSessionPublic]) -> rx.Component:
    """Return the button that takes a remembered account off this browser."""
    word = words()
    return rx.icon_button(
        rx.icon("x", size=16, aria_hidden=True),
        variant="ghost",
        color_scheme="gray",
        title=word.remove_account,
        aria_label=f"{word.remove_account}: {session.user.name}",
        on_click=once(MultiSessionState.forget(session.id)),
        custom_attrs=needs_connection(),
    )


def _list(rows: rx.Component, label: str) -> rx.Component:
    return rx.el.ul(rows, aria_label=label, class_name="ms-accounts")


def _row(session: rx.Var[DeviceSessionPublic], *actions: rx.Component) -> rx.Component:
    return rx.el.li(user_view(session.user), rx.el.div(*actions, class_name="ms-actions"), key=session.id)


def _other_account(session: rx.Var[DeviceSessionPublic]) -> rx.Component:
    name = session.user.name
    return rx.cond(
        session.is_signed_out,
        _row(session, sign_in_again(session), remove_account(session)),
        rx.cond(
            session.is_current,
            None,
            rx.el.li(
                rx.el.button(
                    user_view(session.user),
                    rx.icon("arrow-right", size=16, aria_hidden=True, flex="none"),
                    type="button",
                    aria_label=f"{filled(words().continue_as, name=f'{name}')}, {session.user.email}",
                    on_click=[MultiSessionState.set_active(session.id), rx.redirect(MultiSessionState.next_path)],
                    custom_attrs=switches(),
                ),
                key=session.id,
            ),
        ),
    )


def _if_remembered(session: rx.Var[DeviceSessionPublic]) -> rx.Component:
    return rx.cond(session.is_signed_out, _row(session, sign_in_again(session), remove_account(session)))


def _account_to_sign_out(session: rx.Var[DeviceSessionPublic]) -> rx.Component:
    word = words()
    return rx.cond(
        session.is_signed_out,
        None,
        _row(
            session,
            rx.button(
                word.sign_out,
                variant="outline",
                color_scheme="gray",
                aria_label=f"{word.sign_out}: {session.user.name}",
                on_click=once(MultiSessionState.revoke(session.id)),
                custom_attrs=needs_connection(),
            ),
        ),
    )

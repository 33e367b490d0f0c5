"""The demo's pages, one module each."""

import reflex as rx

from . import account_settings, home, not_found, security_settings, sign_in, sign_up


def add_pages(app: rx.App) -> None:
    """Give the app its pages."""
    app.add_page(home.home, route="/", title="Notes", on_load=home.NotesState.load)
    app.add_page(sign_in.page, route="/auth/sign-in", title="Sign in · Notes")
    app.add_page(sign_up.page, route="/auth/sign-up", title="Sign up · Notes")
    app.add_page(account_settings.page, route="/settings/account", title="Account · Notes")
    app.add_page(security_settings.page, route="/settings/security", title="Security · Notes")
    app.add_page(not_found.page, route="404", title="Page not found · Notes")

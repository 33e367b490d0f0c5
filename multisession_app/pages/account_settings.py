"""The page `/settings/account`."""

import reflex as rx

from ..multi_session import manage_accounts, profile
from .settings import ACCOUNT, settings


def page() -> rx.Component:
    """Return the page."""
    return settings(ACCOUNT, profile(), manage_accounts())

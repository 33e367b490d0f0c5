"""The page `/settings/security`."""

import reflex as rx

from ..multi_session import active_sessions, change_password, delete_account, security_activity
from .settings import SECURITY, settings


def page() -> rx.Component:
    """Return the page."""
    return settings(SECURITY, active_sessions(), change_password(), security_activity(), delete_account())

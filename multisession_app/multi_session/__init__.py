"""The multi-session kit: several accounts signed in on one browser, switched with one click.

Rooms, each importing only from those before it; inside a room no import makes a circle:

    errors localization options outages log_lines   words, numbers, and what the log says
    database                      tables, shapes that may leave the server, transactions, migrations
    security                      passwords, rate limits, cookies, origins, headers, validation
    queries                       the rules, in SQL
    actions                       one transaction, then the message to the open tabs; whom they act as
    http | websocket              the two doors, which do not know each other
    components                    what a page shows; `browser` holds their JavaScript and CSS
    server install plugin admin   what puts it all together; the operator's command line

Everything but `websocket`, `components`, `install` and `plugin` is plain Python and Starlette and loads without Reflex.

Import the public names from here. Each is loaded on first use, because `rxconfig.py` imports the plugin before Reflex
has a configuration.
"""

import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .actions.multi_session import MultiSession as MultiSession
    from .components.active_sessions import active_session as active_session, active_sessions as active_sessions
    from .components.auth_forms import sign_in as sign_in, sign_in_button as sign_in_button, sign_up as sign_up
    from .components.buttons import link_button as link_button, needs_connection as needs_connection
    from .components.change_password import change_password as change_password
    from .components.delete_account import delete_account as delete_account
    from .components.manage_accounts import manage_account as manage_account, manage_accounts as manage_accounts
    from .components.menu import menu_link as menu_link
    from .components.profile import profile as profile
    from .components.security_activity import security_activity as security_activity
    from .components.signed_in import reset_per_account as reset_per_account, signed_in_only as signed_in_only
    from .components.switch_account import (
        switch_account_submenu as switch_account_submenu,
        switch_account_submenu_content as switch_account_submenu_content,
        switch_account_submenu_item as switch_account_submenu_item,
    )
    from .components.user_button import user_button as user_button
    from .components.user_view import user_avatar as user_avatar, user_view as user_view
    from .components.watch import refresh_with_accounts as refresh_with_accounts
    from .database.models import User as User
    from .database.public import (
        DeviceSessionPublic as DeviceSessionPublic,
        SecurityEventPublic as SecurityEventPublic,
        UserPublic as UserPublic,
    )
    from .database.transactions import Database as Database
    from .errors import (
        DatabaseUnavailable as DatabaseUnavailable,
        EmailTaken as EmailTaken,
        InvalidCredentials as InvalidCredentials,
        InvalidSession as InvalidSession,
        MultiSessionError as MultiSessionError,
        NotSignedIn as NotSignedIn,
        OptionsError as OptionsError,
        SchemaTooNew as SchemaTooNew,
        SessionChanged as SessionChanged,
        SessionNotFresh as SessionNotFresh,
        TooManyAttempts as TooManyAttempts,
        TooManySessions as TooManySessions,
    )
    from .http.custom_sign_in import sign_in_endpoint as sign_in_endpoint
    from .localization import Localization as Localization
    from .options import Options as Options
    from .plugin import MultiSessionPlugin as MultiSessionPlugin
    from .queries.device_sessions import OpenedSession as OpenedSession
    from .queries.devices import ProvenDevice as ProvenDevice
    from .security.origins import Source as Source
    from .server import claim_port as claim_port
    from .websocket.runtime import kit as kit
    from .websocket.security_state import (
        ActiveSession as ActiveSession,
        SecurityActivity as SecurityActivity,
        SecurityState as SecurityState,
    )
    from .websocket.state import MultiSessionState as MultiSessionState

_HOMES = {
    "MultiSession": "actions.multi_session",
    "active_session": "components.active_sessions",
    "active_sessions": "components.active_sessions",
    "sign_in": "components.auth_forms",
    "sign_in_button": "components.auth_forms",
    "sign_up": "components.auth_forms",
    "link_button": "components.buttons",
    "needs_connection": "components.buttons",
    "change_password": "components.change_password",
    "delete_account": "components.delete_account",
    "manage_account": "components.manage_accounts",
    "manage_accounts": "components.manage_accounts",
    "menu_link": "components.menu",
    "profile": "components.profile",
    "security_activity": "components.security_activity",
    "reset_per_account": "components.signed_in",
    "signed_in_only": "components.signed_in",
    "switch_account_submenu": "components.switch_account",
    "switch_account_submenu_content": "components.switch_account",
    "switch_account_submenu_item": "components.switch_account",
    "user_button": "components.user_button",
    "user_avatar": "components.user_view",
    "user_view": "components.user_view",
    "refresh_with_accounts": "components.watch",
    "User": "database.models",
    "DeviceSessionPublic": "database.public",
    "SecurityEventPublic": "database.public",
    "UserPublic": "database.public",
    "Database": "database.transactions",
    "DatabaseUnavailable": "errors",
    "EmailTaken": "errors",
    "InvalidCredentials": "errors",
    "InvalidSession": "errors",
    "MultiSessionError": "errors",
    "NotSignedIn": "errors",
    "OptionsError": "errors",
    "SchemaTooNew": "errors",
    "SessionChanged": "errors",
    "SessionNotFresh": "errors",
    "TooManyAttempts": "errors",
    "TooManySessions": "errors",
    "sign_in_endpoint": "http.custom_sign_in",
    "Localization": "localization",
    "Options": "options",
    "MultiSessionPlugin": "plugin",
    "OpenedSession": "queries.device_sessions",
    "ProvenDevice": "queries.devices",
    "Source": "security.origins",
    "claim_port": "server",
    "kit": "websocket.runtime",
    "ActiveSession": "websocket.security_state",
    "SecurityActivity": "websocket.security_state",
    "SecurityState": "websocket.security_state",
    "MultiSessionState": "websocket.state",
}
__all__ = list(_HOMES)

_RENAMED = {"by_account": "reset_per_account", "signing_in": "sign_in_endpoint", "watch": "refresh_with_accounts"}
"""Old names of version 0.1; version 0.3 removes them."""


def __getattr__(name: str) -> Any:
    """Load a public name from its module, an old one with a warning."""
    if name in _RENAMED:
        warnings.warn(f"{name} is now {_RENAMED[name]}", DeprecationWarning, stacklevel=2)
        name = _RENAMED[name]
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)

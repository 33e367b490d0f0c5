"""The multi-session kit: several accounts signed in on one browser, switched with one click.

Layers, each importing only from those before it:

    errors, localization, options, paths     words and numbers
    user_agents                              what a browser calls itself
    models                                   tables, and the shapes that may leave the server
    engine                                   how a database is connected to
    database, device_secrets, passwords      what the verbs are made with
    security_events                          what users read about their security
    ended_sessions                           how sessions end, and what is left of them
    users, device_sessions, user_sessions    the verbs
    sweep                                    how old rows go
    rate_limits                              how often somebody may guess
    cookies, origins, live                   what a request brings; the open sockets
    presenting                               whom a cookie or socket presents, and the message to the tabs
    this_device | every_device | proving | operating  a verb in a transaction, then that message
    multi_session                            all of them
    timekeeping                              tells tabs when a session's time is over, and has old rows swept
    presented                                what the gate hands on
    security_headers                         what is added to every answer
    bodies, answers                          the shapes of what goes over the wire
    wire                                     bodies in, refusals out
    gate                                     the ASGI middleware before everything
    answering                                what the routes share
    user_routes | this_device_routes | every_device_routes  the routes
    openapi                                  their description
    runtime                                  where the Reflex half finds the running kit
    api | state                              the two doors, which do not know each other
    own_routes                               for an app's own ways to sign people in
    explaining                               why a tab shows another account than before, in words
    security_state                           the active account's other devices, on a screen
    guard, in_place                          the check of each event; how a socket changes its account
    redis_locks                              gives back what Reflex leaves locked in Redis
    components                               what a page shows
    wiring, plugin                           what puts it all together
    admin                                    the operator's command line

Everything up to `gate`, and `api`, is plain Python and Starlette. Import the public names from here; they are
loaded when asked for, since `rxconfig.py` asks for the plugin before Reflex has a configuration.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "MultiSessionPlugin": "plugin",
    "MultiSessionState": "state",
    "SecurityState": "security_state",
    "MultiSession": "multi_session",
    "Database": "database",
    "User": "models",
    "UserPublic": "models",
    "DeviceSessionPublic": "models",
    "SecurityEventPublic": "models",
    "kit": "runtime",
    "signing_in": "own_routes",
    "active_session": "components",
    "active_sessions": "components",
    "by_account": "components",
    "change_password": "components",
    "delete_account": "components",
    "link_button": "components",
    "menu_link": "components",
    "needs_connection": "components",
    "manage_account": "components",
    "manage_accounts": "components",
    "profile": "components",
    "security_activity": "components",
    "sign_in": "components",
    "sign_in_button": "components",
    "sign_up": "components",
    "signed_in_only": "components",
    "switch_account_submenu": "components",
    "switch_account_submenu_content": "components",
    "switch_account_submenu_item": "components",
    "user_avatar": "components",
    "user_button": "components",
    "user_view": "components",
    "watch": "components",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)

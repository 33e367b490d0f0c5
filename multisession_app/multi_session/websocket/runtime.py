"""Holds what the plugin has set up: the running kit, its options and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reflex_base.config import get_config

from ..actions.multi_session import MultiSession
from ..localization import Localization
from ..options import Options

if TYPE_CHECKING:
    import reflex as rx
    from reflex_base.config import Config

_MISSING = "Add MultiSessionPlugin() to the plugins of rxconfig.py."
_NOT_RUNNING = f"The kit runs once the app has started, if its plugin is there. {_MISSING}"


class Runtime:
    """The kit and the app of this process; None until `MultiSessionPlugin.post_compile` has set them."""

    multi_session: MultiSession | None = None
    app: rx.App | None = None


runtime = Runtime()


def kit() -> MultiSession:
    """Return the running kit.

    Raises:
        RuntimeError: the plugin is missing, or the server has not started.
    """
    if runtime.multi_session is None:
        raise RuntimeError(_NOT_RUNNING)
    return runtime.multi_session


def options() -> Options:
    """Return the options from `rxconfig.py`. They are known while pages are compiled, before the kit runs.

    Raises:
        RuntimeError: the plugin is missing.
    """
    for plugin in get_config().plugins:
        if isinstance(found := getattr(plugin, "multi_session_options", None), Options):
            return found
    raise RuntimeError(_MISSING)


def shared_name_of(config: Config) -> str:
    """Return the name by which the processes of an app find each other in Redis."""
    return f"multi_session:{config.app_name}"


def words() -> Localization:
    """Return every word on screen.

    Raises:
        RuntimeError: the plugin is missing.
    """
    return options().words

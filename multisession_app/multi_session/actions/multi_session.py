"""The running kit: its resources, and what can be done with them. Both doors call it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .authentication import Authentication
from .device_sessions import DeviceSessions
from .devices import Devices
from .health import Health
from .resources import Resources
from .user_sessions import UserSessions

_MOVED = {
    "sign_up": "authentication",
    "sign_in": "authentication",
    "set_active": "device_sessions",
    "revoke": "device_sessions",
    "revoke_others": "device_sessions",
    "revoke_all": "device_sessions",
    "forget": "device_sessions",
    "delete_users": "user_sessions",
}
"""Verbs that version 0.1 had on the kit itself, and the part where each is now. Removed in version 0.3."""


@dataclass
class MultiSession(Resources):
    """The kit at work in one process.

    `authentication` signs people up and in. `device_sessions` are the accounts on one device, `user_sessions` one
    user's sessions on all devices. `devices` looks up who asks, `health` what is down.
    """

    def __post_init__(self) -> None:
        """Give each part the resources."""
        self.devices = Devices(self)
        self.health = Health(self)
        self.authentication = Authentication(self)
        self.device_sessions = DeviceSessions(self)
        self.user_sessions = UserSessions(self)

    # Hidden from type checkers, which would otherwise take any name for an attribute.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Any]:
            """Forward a verb of version 0.1 to the part where it is now, with a warning; `origin` is now `source`."""
            if name not in _MOVED:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            part = _MOVED[name]
            warnings.warn(f"kit().{name} is now kit().{part}.{name}", DeprecationWarning, stacklevel=2)
            verb = getattr(getattr(self, part), name)

            def call(*args: Any, **kwargs: Any) -> Any:
                if "origin" in kwargs:
                    kwargs["source"] = kwargs.pop("origin")
                return verb(*args, **kwargs)

            return call

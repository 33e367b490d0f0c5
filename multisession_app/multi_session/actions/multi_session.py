"""What both doors call: a verb in a transaction, then the message to the tabs. Plain Python, no Reflex."""

from __future__ import annotations

from .authentication import Proving
from .device_sessions import ThisDevice
from .operator import Operating
from .user_sessions import EveryDevice


class MultiSession(Proving, ThisDevice, EveryDevice, Operating):
    """The kit at work in one process, with all its verbs."""

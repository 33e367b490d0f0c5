"""What both doors call: a verb in a transaction, then the message to the tabs. Plain Python, no Reflex."""

from __future__ import annotations

from .every_device import EveryDevice
from .operating import Operating
from .proving import Proving
from .this_device import ThisDevice


class MultiSession(Proving, ThisDevice, EveryDevice, Operating):
    """The kit at work in one process, with all its verbs."""

"""The names of Reflex's state trees: one tree for each device, account and tab."""

from __future__ import annotations

import hashlib
import hmac

from ..queries.devices import ProvenDevice


def tree_token(device: ProvenDevice | None, session_id: str, tab: str) -> str:
    """Return the name of the Reflex state tree of a device, a session ("" for signed out) and a tab.

    Without the device's `state_key` nobody can name, and so open, a tree of the device. That holds for its signed-out
    tabs too, whose tree has the remembered accounts. Without a device the name depends on the tab alone, as in plain
    Reflex. It is a digest too, so that no tab token is the name of another tree.
    """
    if device is None:
        return hashlib.sha256(b"signed out\0" + tab.encode()).hexdigest()
    return hmac.new(bytes.fromhex(device.state_key), f"{tab}\0{session_id}".encode(), "sha256").hexdigest()

"""What the kit needs of Reflex before it can patch it."""

from types import SimpleNamespace
from typing import Any

import pytest

from multisession_app.multi_session.errors import OptionsError
from multisession_app.multi_session.websocket.reflex_patches import websocket_of


@pytest.mark.sqlite
def test_app_without_state_is_refused_in_words() -> None:
    """It has no websocket, over which a tab could be told anything."""
    app: Any = SimpleNamespace(event_namespace=None, sio=None)
    with pytest.raises(OptionsError, match="needs an app with state"):
        websocket_of(app)

"""A tab without a browser: the handlers of the kit's state, and what they send."""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import Any

import reflex as rx
from reflex_base.utils.format import json_dumps

from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.options import Options
from multisession_app.multi_session.websocket.state import MultiSessionState
from tests.support.running import run

WORDS = Options().words


@dataclasses.dataclass
class Tab:
    """A tab whose socket the gate has let in as one account."""

    kit: MultiSession
    headers: dict[str, str]
    root: Any = dataclasses.field(default_factory=lambda: rx.State(_reflex_internal_init=True))  # type: ignore[call-arg]

    def __post_init__(self) -> None:
        """Put the gate's ids where Reflex puts the headers of the handshake."""
        self.root.router_data = {"headers": self.headers}

    def call(self, handler: str, *arguments: Any) -> dict[str, Any]:
        """Run a handler as an event does and return what the browser gets."""

        async def go() -> dict[str, Any]:
            state = await self.root.get_state(MultiSessionState)
            self.root._clean()
            running = MultiSessionState.event_handlers[handler].fn(state, *arguments)
            if inspect.isasyncgen(running):
                async for _ in running:
                    pass
            elif inspect.isawaitable(running):
                await running
            return self.delta()

        return run(go())

    def delta(self) -> dict[str, Any]:
        """Return what the browser would get of the kit's state now, without Reflex's suffixes."""
        changed = self.root.get_delta().get(MultiSessionState.get_full_name(), {})
        plain = json.loads(json_dumps(changed))
        return {name.removesuffix("_rx_state_"): value for name, value in plain.items()}

    @property
    def state(self) -> MultiSessionState:
        """The kit's state of this tab."""
        return run(self.root.get_state(MultiSessionState))

"""A port that a server has taken is taken: at every address that covers it, and before its workers listen."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from multisession_app.multi_session.server import claim_port
from tests.support.server import free_port

Bind = Callable[[str], socket.socket]


@pytest.fixture
def port() -> int:
    """Nothing listens there."""
    return free_port()


@pytest.fixture
def worker(port: int) -> Iterator[Bind]:
    """Return what listens there as granian's workers do."""
    with ExitStack() as closing:

        def listen(address: str) -> socket.socket:
            bound = closing.enter_context(socket.socket())
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            bound.bind((address, port))
            bound.listen()
            return bound

        yield listen


@pytest.mark.parametrize("first", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - a second one is what is tested
@pytest.mark.parametrize("second", ["127.0.0.1", "0.0.0.0"])  # noqa: S104
@pytest.mark.parametrize("listens", [False, True])
def test_second_server_is_refused_with_a_sentence(
    worker: Bind, port: int, first: str, second: str, listens: bool
) -> None:
    """The workers of the first one are not, nor is a worker that is started again."""
    with claim_port(first, port):
        if listens:
            worker(first).close()
            worker(first)
            worker(first)
        with pytest.raises(SystemExit, match=f"Port {port} is taken"):
            claim_port(second, port)
    if listens:
        # The first server was killed, and its workers are still there.
        with pytest.raises(SystemExit, match="is taken"):
            claim_port(second, port)


def test_server_that_does_not_share_is_seen_too(port: int) -> None:
    """Whatever it is."""
    with socket.create_server(("0.0.0.0", port)), pytest.raises(SystemExit):  # noqa: S104
        claim_port("127.0.0.1", port)


def test_port_of_a_server_that_has_ended_can_be_taken_at_once(worker: Bind, port: int) -> None:
    """Connections that it closed linger for a minute."""
    with claim_port("127.0.0.1", port):
        listening = worker("127.0.0.1")
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = listening.accept()
            accepted.close()
            assert client.recv(1) == b""
        listening.close()
    with claim_port("127.0.0.1", port):
        worker("127.0.0.1")

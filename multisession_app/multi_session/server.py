"""The server that Reflex starts, granian, made to start its workers again, to refuse a port that is taken, and to let
more connections in.

Reflex 0.10.1 passes granian 2.8 none of the options for that, and reads none from the environment.
"""

from __future__ import annotations

import errno
import socket
import sys
import time
from collections.abc import Sequence
from typing import Any

import granian.server
from granian.log import logger

from .options import CONNECTIONS_MAX, WORKER_IS_STARTING, WORKER_PAUSE


class Server(granian.server.Server):  # type: ignore[misc, valid-type]
    """Granian, as Reflex starts it."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        """Take what Reflex passes."""
        super().__init__(*args, **settings)
        self.respawn_failed_workers = True
        # By default 1024 for all workers together, tabs included: one client that opens so many and sends nothing, or
        # 1024 honest tabs, would keep everybody else out.
        self.backpressure = min(CONNECTIONS_MAX, _files_allowed() // 2)
        self._claim: socket.socket | None = None

    def startup(self, *args: Any) -> None:
        """Take the port, then start the workers.

        Raises:
            SystemExit: the port is taken.
        """
        if sys.platform == "linux" and self.bind_uds is None and self.bind_port:
            self._claim = claim_port(self.bind_addr, self.bind_port)
        super().startup(*args)

    def _respawn_workers(self, workers: Sequence[int], *args: Any, delay: float = 0, **more: Any) -> None:
        if delay:
            # These are alive and replaced, on SIGHUP.
            super()._respawn_workers(workers, *args, delay=delay, **more)
            return
        # Not the named ones only: granian may overlook a worker that dies while it looks at another.
        dead = [place for place, worker in enumerate(self.wrks) if not worker.is_alive()]
        since = time.monotonic() - WORKER_IS_STARTING.total_seconds()
        young = [self.wrks[place] for place in dead if self.wrks[place].birth > since]
        serving = [worker for worker in self.wrks if worker.is_alive() and worker.birth <= since]
        if not serving and any(worker.inner.exitcode > 0 for worker in young):
            logger.error("A worker could not start, so the server ends: see the error above.")
            self.interrupt_children.extend(dead)
            self.interrupt_signal = True
            self.main_loop_interrupt.set()
            return
        if young:
            # It was killed, or lacks what may be back later, such as the database, while others serve.
            self.main_loop_interrupt.wait(WORKER_PAUSE.total_seconds())
            if self.interrupt_signal:
                return
        super()._respawn_workers(dead, *args, **more)
        # By these times granian ends everything if a worker dies twice in a short time, but only if no other did.
        self.respawned_wrks.clear()


def _files_allowed() -> int:
    """Let this process and its workers have as many open files as the system allows at most, and return that number."""
    if sys.platform == "win32":
        return 2 * CONNECTIONS_MAX
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 2 * CONNECTIONS_MAX if hard == resource.RLIM_INFINITY else hard
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    except (OSError, ValueError):
        # macOS says that there is no limit, and has one.
        return soft
    return most


def use_server() -> None:
    """Let Reflex start this server. To be called by what `rxconfig.py` imports, in the process that starts workers."""
    granian.server.Server = Server


def claim_port(address: str, port: int) -> socket.socket:
    """Take a port for this process and its workers. It is free again once they have all ended.

    The workers bind with SO_REUSEPORT, each by itself and late. A second server could do so too, and the kernel would
    share the connections among both.

    Raises:
        SystemExit: something listens there, at this address or at one that covers it, or another server is starting.
        OSError: the address is not this machine's, or the port is not for this user.
    """
    family, _, _, _, where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
    # The first way is refused by connections too that a server which has just ended has left (TIME_WAIT). The second
    # one passes them, but does not see a server that has not begun to listen yet.
    for passes_old_connections in (False, True):
        taken = socket.socket(family, socket.SOCK_STREAM)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, passes_old_connections)
        try:
            taken.bind(where)
        except OSError as error:
            taken.close()
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        # Only now, so that this bind was alone, and those of the workers are not refused.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        return taken
    sys.exit(f"Port {port} is taken: a server listens at it already. Stop that one, or choose another port.")

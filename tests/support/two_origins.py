"""Servers whose pages and API have two origins: two ports in development, two sites where the app is hosted."""

import subprocess
import sys
import zipfile
from collections.abc import Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.support.server import HOST, Server, environment, free_port


class Development(Server):
    """`reflex run`: the pages from Vite on one port, the API from another, both made anew when a file changes."""

    def __init__(self, folder: Path) -> None:
        """Copy the project into `folder`."""
        super().__init__(folder)
        self._pages_port = free_port()
        self.url = f"http://localhost:{self._pages_port}"

    def _command(self) -> list[str]:
        ports = ["--frontend-port", str(self._pages_port), "--backend-port", str(self.port)]
        return ["-m", "reflex", "run", "--backend-host", HOST, *ports]


class Hosted(Server):
    """What `reflex export` makes, as a host serves it: the pages as plain files on one site, the API on another.

    For a browser localhost and 127.0.0.1 are two sites.
    """

    def __init__(self, folder: Path, extra: Mapping[str, str] = {}) -> None:
        """Export a copy of the project, made in `folder`, and unpack both of its halves there."""
        super().__init__(folder, extra)
        self.api = f"http://127.0.0.1:{self.port}"
        pages = partial(_Files, directory=str(folder / "frontend"))
        self._pages = ThreadingHTTPServer((HOST, 0), pages)
        self.url = f"http://localhost:{self._pages.server_port}"
        self.extra |= {"REFLEX_API_URL": self.api, "REFLEX_DEPLOY_URL": self.url}
        export = [sys.executable, "-m", "reflex", "export"]
        with self.log_path.open("ab") as log:
            subprocess.run(
                export, cwd=self.root, env=environment(self.extra), stdout=log, stderr=subprocess.STDOUT, check=True
            )
        for half in ("frontend", "backend"):
            with zipfile.ZipFile(self.root / f"{half}.zip") as made:
                made.extractall(folder / half)
        self.root = folder / "backend"

    def start(self) -> None:
        """Serve both halves."""
        Thread(target=self._pages.serve_forever, daemon=True).start()
        super().start()

    def stop(self, *, kill: bool = False) -> None:
        """End both."""
        self._pages.shutdown()
        self._pages.server_close()
        super().stop(kill=kill)

    def _command(self) -> list[str]:
        return [
            *["-m", "reflex", "run", "--env", "prod", "--backend-only", "--backend-host"],
            HOST,
            "--backend-port",
            str(self.port),
        ]


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

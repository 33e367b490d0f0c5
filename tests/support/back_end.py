"""A server without pages, for clients without a browser: nothing has to be built."""

import urllib.request
from pathlib import Path

from tests.support.server import HOST, Server


class BackEnd(Server):
    """`reflex run --env prod --backend-only`; once `serves_built`, the container's command with an empty page."""

    serves_built = False

    def pids(self) -> list[int]:
        """Return the ids of the workers' processes."""
        assert self._process is not None
        main = self._process.pid
        return [int(pid) for pid in Path(f"/proc/{main}/task/{main}/children").read_text().split()]

    def _command(self) -> list[str]:
        if self.serves_built:
            pages = self.root / ".web" / "build" / "client"
            pages.mkdir(parents=True, exist_ok=True)
            (pages / "index.html").touch()
            return ["-m", "multisession_app.serve_built", HOST, str(self.port)]
        where = ["--backend-host", HOST, "--backend-port", str(self.port)]
        return ["-m", "reflex", "run", "--env", "prod", "--backend-only", *where]

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            return super()._answers()
        try:
            urllib.request.urlopen(f"{self.api}/ping", timeout=5).close()
        except OSError:
            return False
        return True

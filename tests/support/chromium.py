"""Find a Chromium that Playwright can start, without a browser download that a firewall may refuse."""

import platform
import sys
from pathlib import Path

from tests.support.bun import install, run_bun

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
    unpacked = NPM_PROJECT / "node_modules" / ".unpacked"

    def unpack() -> None:
        unpacked.mkdir(exist_ok=True)
        # A half-written executable would be taken for a finished one.
        (unpacked / "chromium").unlink(missing_ok=True)
        run_bun(NPM_PROJECT, "-e", UNPACK, extra={"TMPDIR": str(unpacked)})

    install(NPM_PROJECT, then=unpack)
    return unpacked / "chromium"

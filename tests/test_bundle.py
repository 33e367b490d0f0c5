"""What `reflex deploy` sends away: the app, and nothing that lies about in its folder."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from reflex_cli.core.config import Config

from tests.support import papers
from tests.support.server import PROJECT, copy_project, environment

DEPLOY = "docs/deploy.md"
# Where the app writes, where people put secrets, and what a developer's run leaves.
DECOYS = (
    ".env",
    ".env.production",
    ".data/app.db",
    ".data/app.db-shm",
    ".data/app.db-wal",
    ".data/server.log",
    ".states/state.pkl",
    ".coverage",
    ".docker/secrets",
    "docs/secret.md",
    "app.db",
    "tests/conftest.py",
    "tests/e2e/server.key",
    "multisession_app/__pycache__/notes.cpython-311.pyc",
)
SHIPPED = re.compile(
    r"(multisession_app/([a-z_]+/)*(\w+\.py|\w+\.jsx?|\w+\.css)|assets/favicon\.(ico|svg)|reflex\.lock/(bun\.lock|package\.json)"
    r"|\.web/backend/\w+\.json|(README|CHANGELOG)\.md|LICENSE|bunfig\.toml|pyproject\.toml|requirements\.txt|rxconfig\.py)"
)
BUILT = re.compile(r"([\w-]+/)*[\w.-]+\.(html|js|css|svg|ico|json|txt)(\.br|\.gz)?")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the decoys, exported as docs/deploy.md says."""
    project = copy_project(tmp_path_factory.mktemp("bundle") / "project")
    for name in DECOYS:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("secret-decoy")
    (deploy,) = re.findall(r"reflex deploy (.*)", papers.text_of(DEPLOY))
    assert "--exclude-from-backend" in deploy
    export = [sys.executable, "-m", "reflex", "export", *deploy.split()]
    done = subprocess.run(export, cwd=project, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.mark.parametrize(("bundle", "expected"), [("backend.zip", SHIPPED), ("frontend.zip", BUILT)])
def test_bundle_holds_the_app_and_nothing_else(project: Path, bundle: str, expected: re.Pattern[str]) -> None:
    """No database, log, test or secret, by name or by content."""
    with zipfile.ZipFile(project / bundle) as files:
        assert [name for name in files.namelist() if not expected.fullmatch(name)] == []
        assert [name for name in files.namelist() if b"secret-decoy" in files.read(name)] == []
        assert len(files.namelist()) > 80


def test_bundle_holds_every_module(project: Path) -> None:
    """It would not start without."""
    with zipfile.ZipFile(project / "backend.zip") as files:
        here = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "multisession_app").rglob("*.py")}
        assert here <= set(files.namelist())


def test_app_writes_nothing_where_it_would_be_sent_along(project: Path) -> None:
    """What an export adds beside its two bundles has a dot before its name."""
    added = {path.name for path in project.iterdir()} - {path.name for path in PROJECT.iterdir()}
    # Python's own is left out by its name.
    added -= {"__pycache__"}
    assert {name for name in added if not name.startswith(".")} == {"backend.zip", "frontend.zip", "app.db"}


def test_command_understands_the_pages_cloud_yml(tmp_path: Path) -> None:
    """Each of its keys, with a value that the command takes; an unknown one it would pass over without a word."""
    text = papers.block(DEPLOY, "reflex deploy", "yaml")
    (tmp_path / "cloud.yml").write_text(text)
    config = Config.from_yaml(tmp_path / "cloud.yml")
    keys = set(re.findall(r"^(\w+):", text, re.MULTILINE))
    assert keys <= {field.name for field in dataclasses.fields(Config)}
    assert all(getattr(config, key) for key in keys)
    # Else accounts would be on a disk that does not last, or with two machines that do not hear of each other.
    assert config.regions is not None
    assert sum(config.regions.values()) == 1
    assert config.envfile == ".env"

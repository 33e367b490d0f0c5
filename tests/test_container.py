"""The image: it is built by its own steps, serves as nobody in particular, says how it is, and ends when told."""

from __future__ import annotations

import signal
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.container import Container
from tests.support.devices import Device
from tests.support.running import until

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    """What the steps make in an empty folder."""
    # Not pytest's own, which other users may not enter.
    with tempfile.TemporaryDirectory(prefix="container-") as folder:
        container = Container(Path(folder))
        container.build()
        yield container


def test_image_serves_keeps_its_data_and_ends_in_order(container: Container, tmp_path: Path) -> None:
    """From an empty volume to a healthy app; its data outlives it."""
    log = tmp_path / "log"

    def is_healthy() -> bool:
        assert process.poll() is None, log.read_text()
        return container.start(container.health, tmp_path / "health").wait() == 0

    for _ in range(2):
        process = container.start(container.command, log)
        try:
            until(is_healthy, f"the app to be healthy; its log: {log.read_text()}", seconds=30)
            with urllib.request.urlopen(f"http://127.0.0.1:{container.port}/auth/sign-in") as page:
                assert "content-security-policy" in page.headers
            Device(f"http://localhost:{container.port}").join("Ada")
            # What is read with `docker logs`.
            assert "Info: signed_up: user " in log.read_text()
            # What `docker stop` sends; ten seconds later it kills.
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()
            process.wait()
        database = (container.data / "app.db").stat()
        assert database.st_size > 0
        assert not container.as_user or database.st_uid == container.as_user["user"]
    assert container.start(container.health, tmp_path / "health").wait() != 0


def test_image_runs_as_nobody_and_cannot_change_its_code(container: Container) -> None:
    """By a number, so that Kubernetes too can see that it is not root's (`runAsNonRoot`)."""
    assert container.user == "10001:10001"
    assert [path for path in container.app.rglob("*") if path.lstat().st_uid == 10001] == []


def test_pages_of_the_image_call_the_address_that_it_was_built_for(container: Container) -> None:
    """What `--build-arg API_URL` names: in the pages, and in the policy that lets them call it."""
    pages = "".join(path.read_text() for path in (container.app / ".web" / "build").rglob("*.js"))
    assert f"localhost:{container.port}/" in pages
    assert container.environment["REFLEX_API_URL"] == f"http://localhost:{container.port}"


def test_image_holds_no_more_than_it_serves_from(container: Container) -> None:
    """No tests, no environment, no package that only builds."""
    made = {path.name for path in container.app.iterdir()}
    assert made == {
        *(".npmrc", "bunfig.toml", "rxconfig.py", "requirements.txt", "assets", "reflex.lock", "multisession_app"),
        *(".web", ".gitignore", "__pycache__"),
    }
    assert not (container.app / ".web" / "node_modules").exists()

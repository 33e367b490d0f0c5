"""Puts the parts together around a Reflex app."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reflex.app import default_backend_exception_handler
from reflex.compiler.utils import compile_client_storage
from reflex.utils.exec import get_frontend_mount
from reflex_base.environment import environment

from .actions.multi_session import MultiSession
from .actions.pubsub import Live
from .actions.schedule import keep_tidy, keep_time
from .database.transactions import Database
from .errors import OptionsError
from .http.middleware import Gate
from .http.routes import api
from .options import Options
from .security.rate_limits import RateLimits
from .websocket.middleware import SessionGuard, explain_failure, refresh_tabs_of
from .websocket.reflex_patches import give_back_cancelled_locks, refuse_forged_packets
from .websocket.runtime import runtime, shared_name_of
from .websocket.switch_in_place import InPlace, missing_parts

if TYPE_CHECKING:
    import reflex as rx
    from reflex_base.config import Config

logger = logging.getLogger(__name__)


def wire(app: rx.App, options: Options, config: Config) -> None:
    """Migrate the database, then put guard, routes and gate around the app.

    Raises:
        OptionsError: Reflex is configured in a way that the gate does not cover, or the environment has a wrong value.
        SchemaTooNew: `Database.migrate`.
    """
    if config.transport != "websocket":
        # Each poll is a request of its own that names its tab: none of them would pass the gate as a socket does.
        raise OptionsError(f"transport must be 'websocket' in rxconfig.py, not {config.transport!r}.")
    if not config.db_url:
        raise OptionsError("Set db_url in rxconfig.py, or REFLEX_DB_URL, so that accounts have a place to be kept.")
    options = replace(
        options,
        app_id=config.app_name,
        trusted_proxy_hops=config.trusted_proxy_hops,
        allowed_origins=(*options.allowed_origins, *_frontend_origin(config)),
        content_security_policy=_with_api(options.content_security_policy, config),
    )
    if tuple(config.cors_allowed_origins) == ("*",):
        # A credentialed answer to "*" is unreadable for the pages of another origin that are allowed.
        config.cors_allowed_origins = options.allowed_origins
    database = Database(config.db_url)
    database.migrate()
    _log_as_reflex_does()
    shared_name = shared_name_of(config)
    live = Live(config.redis_url, channel=shared_name)
    live.refresh = refresh_tabs_of(app)
    rate_limits = RateLimits(config.redis_url, prefix=shared_name, is_on=_limits_are_on())
    multi_session = MultiSession(options=options, database=database, live=live, rate_limits=rate_limits)
    runtime.multi_session, runtime.app = multi_session, app

    if app.backend_exception_handler is default_backend_exception_handler:
        app.backend_exception_handler = explain_failure
    refuse_forged_packets(app)
    give_back_cancelled_locks(app.state_manager)
    app.add_middleware(SessionGuard(), index=0)
    if options.switch_in_place and _can_switch_in_place(app):
        live.move = InPlace(app, multi_session).move

    @contextlib.asynccontextmanager
    async def listening() -> AsyncIterator[None]:
        work = live.listen(), keep_time(multi_session), keep_tidy(multi_session)
        tasks = [asyncio.create_task(coroutine) for coroutine in work]
        yield
        for task in tasks:
            task.cancel()
        await multi_session.settle()
        await live.close()
        await rate_limits.close()
        database.engine.dispose()

    app.register_lifespan_task(listening)

    def gate(inner: Any) -> Any:
        return Gate(inner, multi_session, event_path=config.prepend_backend_path("/_event"), pages=_built_pages())

    present: Any = app.api_transformer or ()
    own: Sequence[Any] = present if isinstance(present, Sequence) else (present,)
    transformers: list[Callable[..., Any] | Any] = [*own, api(multi_session), gate]
    app.api_transformer = transformers


def _log_as_reflex_does() -> None:
    # Python shows warnings only, unless the app has said otherwise. Reflex 0.10.1 shows what hangs on its own logger:
    # on the console, as JSON or in its file, from the level that `--loglevel` says.
    own = logging.getLogger(__package__)
    if not logging.getLogger().handlers and not own.handlers:
        own.parent = logging.getLogger("reflex")
        # Clears what loggers have remembered of their level.
        own.setLevel(own.level)


def _can_switch_in_place(app: rx.App) -> bool:
    stores = compile_client_storage(app._state) if app._state else {}
    if stored := [name for names in stores.values() for name in names]:
        # The boot event of a move would reset them to their defaults; a tab that comes back brings their values.
        logger.warning(
            "These variables are kept in the browser, where all its accounts share them: %s. Tabs reconnect when the "
            "account changes.",
            ", ".join(stored),
        )
        return False
    if missing := missing_parts(app.event_namespace):
        logger.warning("This version of Reflex has no %s as expected: tabs reconnect.", ", ".join(missing))
        return False
    return True


def _limits_are_on() -> bool:
    value = os.environ.get("MULTISESSION_RATE_LIMITS", "on")
    if value not in {"on", "off"}:
        raise OptionsError(f"MULTISESSION_RATE_LIMITS must be 'on' or 'off', not {value!r}.")
    if value == "off":
        logger.warning("MULTISESSION_RATE_LIMITS=off: ANYONE MAY GUESS PASSWORDS WITHOUT LIMIT. For load tests only!")
    return value == "on"


def _frontend_origin(config: Config) -> tuple[str, ...]:
    # In development, and on a CDN, the pages come from an origin of their own.
    if environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.get() or not config.deploy_url:
        return ()
    pages = urlsplit(config.deploy_url)
    # Without the path and the default port, which browsers do not send (RFC 6454, 6.2).
    default_port = {"http": ":80", "https": ":443"}.get(pages.scheme, "")
    return (f"{pages.scheme}://{pages.netloc.lower().removesuffix(default_port)}",)


def _built_pages() -> Path | None:
    if not environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.get():
        return None
    return Path(get_frontend_mount().app.directory)


def _with_api(policy: Mapping[str, Sequence[str]], config: Config) -> Mapping[str, Sequence[str]]:
    """Let the pages reach the API at an address of its own, if API_URL names one."""
    api_url = urlsplit(config.api_url)
    # For these the client of Reflex 0.10.1 takes the page's own host.
    if api_url.hostname in {"localhost", "0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return policy
    own = [f"{scheme}://{api_url.netloc}" for scheme in (api_url.scheme, api_url.scheme.replace("http", "ws"))]
    return {**policy, "connect-src": [*policy.get("connect-src", ()), *own]}

"""Wires the kit into a Reflex app."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reflex.app import default_backend_exception_handler
from reflex.compiler.utils import compile_client_storage
from reflex.utils.exec import get_frontend_mount, is_prod_mode
from reflex_base.environment import environment

from .actions.multi_session import MultiSession
from .actions.pubsub import PubSub
from .actions.schedule import sweep_regularly, watch_endings
from .database.transactions import Database
from .errors import OptionsError
from .http.middleware import DeviceMiddleware
from .http.routes import api
from .log_lines import keep_to_one_line
from .options import Options
from .security.rate_limits import RateLimits
from .websocket.closed_trees import ClosedTrees
from .websocket.event_limits import limit_events
from .websocket.failures import explain_failure
from .websocket.fence import keep_fence
from .websocket.middleware import EventMiddleware, refresh_tabs_of
from .websocket.redis_patches import give_up_redis
from .websocket.reflex_patches import forget_dead_workers, keep_private, name_of_process, refuse_forged_packets
from .websocket.runtime import runtime, shared_name_of
from .websocket.switch_in_place import SwitchInPlace, missing_parts
from .websocket.user_agents import describe, off_the_loop

if TYPE_CHECKING:
    import reflex as rx
    from reflex_base.config import Config

logger = logging.getLogger(__name__)


def completed(options: Options, config: Config) -> Options:
    """Return the options, completed by Reflex's own settings: the app's name, its proxies, and its two addresses."""
    return replace(
        options,
        app_id=options.app_id or config.app_name,
        trusted_proxy_hops=config.trusted_proxy_hops
        if options.trusted_proxy_hops is None
        else options.trusted_proxy_hops,
        allowed_origins=(*options.allowed_origins, *_frontend_origin(config)),
        content_security_policy=_with_api(options.content_security_policy, config),
    )


def install(app: rx.App, options: Options, config: Config) -> None:
    """Migrate the database, then put the two middlewares and the routes around the app.

    Raises:
        OptionsError: Reflex is configured in a way that `DeviceMiddleware` does not cover, or the environment has a
            wrong value.
        SchemaTooNew: the database was migrated by a newer version of the app.
    """
    if config.transport != "websocket":
        # With polling, each request names its tab by itself. `DeviceMiddleware` can check the tab of a socket only.
        raise OptionsError(f"transport must be 'websocket' in rxconfig.py, not {config.transport!r}.")
    if not config.db_url:
        raise OptionsError("Set db_url in rxconfig.py, or REFLEX_DB_URL, so that accounts have a place to be kept.")
    if tuple(config.cors_allowed_origins) == ("*",):
        # Browsers let no page of another origin read a credentialed answer to "*", not even an allowed one.
        config.cors_allowed_origins = tuple(options.allowed_origins)
    database = Database(config.db_url)
    database.migrate()
    _log_as_reflex_does()
    shared_name = shared_name_of(config)
    kit = MultiSession(
        options=options,
        database=database,
        pubsub=PubSub(config.redis_url, channel=shared_name),
        rate_limits=RateLimits(config.redis_url, prefix=shared_name, is_on=_limits_are_on()),
    )
    runtime.multi_session, runtime.app = kit, app
    closed_trees = _open_websocket_door(app, kit)
    app.register_lifespan_task(_running(app, kit, closed_trees))
    _open_http_door(app, kit, config)


def _open_websocket_door(app: rx.App, kit: MultiSession) -> ClosedTrees:
    if app.backend_exception_handler is default_backend_exception_handler:
        app.backend_exception_handler = explain_failure
    # In this order: the fence sees only what has passed the other.
    keep_fence(app, kit.tabs)
    refuse_forged_packets(app)
    limit_events(app, kit)
    give_up_redis(app.state_manager, getattr(app.event_namespace, "_token_manager", None))
    forget_dead_workers(app, kit.pubsub.is_alive)
    app.add_middleware(EventMiddleware(), index=0)
    kit.tabs.refresh = refresh_tabs_of(app)
    if kit.options.switch_in_place and _can_switch_in_place(app):
        kit.tabs.move = SwitchInPlace(app, kit).move
    return ClosedTrees(app, kit)


def _open_http_door(app: rx.App, kit: MultiSession, config: Config) -> None:
    event_path = config.prepend_backend_path("/_event")

    def with_device(inner: Any) -> Any:
        return DeviceMiddleware(inner, kit, event_path=event_path, pages=_built_pages())

    present: Any = app.api_transformer or ()
    own: Sequence[Any] = present if isinstance(present, Sequence) else (present,)
    transformers: list[Callable[..., Any] | Any] = [*own, api(), with_device]
    app.api_transformer = transformers


def _running(
    app: rx.App, kit: MultiSession, closed_trees: ClosedTrees
) -> Callable[[], AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def running() -> AsyncIterator[None]:
        keep_private(app.state_manager)
        # The first user agent takes 0.1 s longer than others: the rules are compiled then.
        rules = off_the_loop(lambda: describe(""))
        regularly = watch_endings(kit), sweep_regularly(kit), closed_trees.drop_regularly()
        work = kit.pubsub.listen(name_of_process(app)), *regularly, rules
        tasks = [asyncio.create_task(coroutine) for coroutine in work]
        yield
        for task in tasks:
            task.cancel()
        await kit.authentication.settle()
        await kit.pubsub.close()
        await kit.rate_limits.close()
        await asyncio.to_thread(kit.database.close)

    return running


def _log_as_reflex_does() -> None:
    # Python shows only warnings, unless the app has configured logging. Reflex 0.10.1 shows what reaches its own
    # logger: on the console, as JSON or in its file, from the level of `--loglevel`. So make that the kit's parent.
    own = logging.getLogger(__package__)
    if not logging.getLogger().handlers and not own.handlers:
        own.parent = logging.getLogger("reflex")
        # Setting the level, even the same one, clears the levels that Python's loggers have cached.
        own.setLevel(own.level)
    if is_prod_mode():
        # Whoever develops reads tracebacks.
        keep_to_one_line()


def _can_switch_in_place(app: rx.App) -> bool:
    stores = compile_client_storage(app._state) if app._state else {}
    if stored := [name for names in stores.values() for name in names]:
        # The boot event of a move would reset them to their defaults. A tab that reconnects sends their values.
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
    # In development, and on a CDN, the pages have an origin of their own.
    if environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.get() or not config.deploy_url:
        return ()
    pages = urlsplit(config.deploy_url)
    # Browsers send an origin without path and default port (RFC 6454, 6.2).
    default_port = {"http": ":80", "https": ":443"}.get(pages.scheme, "")
    return (f"{pages.scheme}://{pages.netloc.lower().removesuffix(default_port)}",)


def _built_pages() -> Path | None:
    if not environment.REFLEX_MOUNT_FRONTEND_COMPILED_APP.get():
        return None
    return Path(get_frontend_mount().app.directory)


def _with_api(policy: Mapping[str, Sequence[str]], config: Config) -> Mapping[str, Sequence[str]]:
    """Let the pages connect to the API if `api_url` gives it an address of its own."""
    api_url = urlsplit(config.api_url)
    # The client of Reflex 0.10.1 replaces these by the page's own host.
    if api_url.hostname in {"localhost", "0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return policy
    own = [f"{scheme}://{api_url.netloc}" for scheme in (api_url.scheme, api_url.scheme.replace("http", "ws"))]
    return {**policy, "connect-src": [*policy.get("connect-src", ()), *own]}

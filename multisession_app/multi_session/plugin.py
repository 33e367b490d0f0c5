"""What an app adds to `rxconfig.py`: the options, and the wiring that follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reflex_base.config import get_config
from reflex_base.plugins import Plugin

from .errors import OptionsError
from .localization import localization as words_with
from .options import Options

if TYPE_CHECKING:
    import reflex as rx
    from reflex_base.plugins.compiler import PageContext

_HERE = Path(__file__).parent


class MultiSessionPlugin(Plugin):
    """Several accounts signed in on one browser.

    Args:
        localization: words on screen that replace the English ones, by their names in `Localization`.
        options: those of `Options`, which says what they mean: `maximum_sessions`, `session_timeout`, `idle_timeout`,
            `fresh_for`, `retention`, `revoke_oldest_on_max`, `switch_in_place`, `allowed_origins`,
            `content_security_policy`.

    Raises:
        OptionsError: a value cannot work; the start stops with a sentence that says which and why.
    """

    def __init__(
        self,
        *,
        maximum_sessions: int = 5,
        session_timeout: timedelta = timedelta(days=30),
        idle_timeout: timedelta | None = None,
        fresh_for: timedelta = timedelta(minutes=10),
        retention: timedelta = timedelta(days=90),
        revoke_oldest_on_max: bool = True,
        switch_in_place: bool = True,
        allowed_origins: Sequence[str] = (),
        content_security_policy: Mapping[str, Sequence[str]] | None = None,
        localization: Mapping[str, str] | None = None,
    ) -> None:
        """Check the options."""
        if isinstance(allowed_origins, str):
            raise OptionsError("allowed_origins must be a sequence of origins, not one string.")
        self.multi_session_options = Options(
            maximum_sessions=maximum_sessions,
            session_timeout=session_timeout,
            idle_timeout=idle_timeout,
            fresh_for=fresh_for,
            retention=retention,
            revoke_oldest_on_max=revoke_oldest_on_max,
            switch_in_place=switch_in_place,
            allowed_origins=tuple(allowed_origins),
            content_security_policy={} if content_security_policy is None else content_security_policy,
            localization=words_with(localization or {}),
        )

    def get_static_assets(self, **context: Any) -> Sequence[tuple[Path, str | bytes]]:
        """Put the browser's half of the kit where the compiled pages import it from."""
        return [
            (Path("styles" if path.suffix == ".css" else "utils/multi_session", path.name), path.read_text())
            for path in sorted((_HERE / "browser").iterdir())
        ]

    def get_stylesheet_paths(self, **context: Any) -> Sequence[str]:
        """Add the kit's few rules to the app's stylesheet."""
        return ["./multi_session.css"]

    def compile_page(self, page_ctx: PageContext, /, **kwargs: Any) -> None:
        """Add notices, and the ear for other tabs, to every page."""
        from .components.notices import notices

        page_ctx.app_wrap_components[6, "MultiSession"] = notices()

    def post_compile(self, **context: Any) -> None:
        """Wire the kit into the app: once in every worker, before it serves."""
        # Not at the top: this module is imported by `rxconfig.py`, before Reflex knows its own configuration.
        from . import install

        app: rx.App = context["app"]
        install.wire(app, self.multi_session_options, get_config())

"""The plugin that an app adds to `rxconfig.py`: it takes the options and wires the kit into the app."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from reflex_base.config import get_config
from reflex_base.plugins import Plugin

from .options import LIBRARY, Options
from .server import use_server

if TYPE_CHECKING:
    import reflex as rx
    from reflex_base.plugins.compiler import PageContext

_HERE = Path(__file__).parent

P = ParamSpec("P")


def _with_parameters_of(
    shape: Callable[P, object],
) -> Callable[[Callable[..., None]], Callable[Concatenate[Any, P], None]]:
    """Give an `__init__` the parameters of `shape` for type checkers, so that no option is written twice."""
    return lambda init: cast(Any, init)


class MultiSessionPlugin(Plugin):
    """Several accounts signed in on one browser. Its arguments are the options, which `Options` describes.

    Raises:
        OptionsError: a value cannot work; the start stops with a sentence that says which and why.
    """

    @_with_parameters_of(Options)
    def __init__(self, **options: Any) -> None:
        """Check the options."""
        self.multi_session_options = Options(**options)
        # Here, because the process that starts the workers reads `rxconfig.py` and perhaps nothing else of the app.
        use_server()

    def get_static_assets(self, **context: Any) -> Sequence[tuple[Path, str | bytes]]:
        """Return the files of `browser/`, each at the path from which compiled pages import it."""
        return [
            (Path("styles" if path.suffix == ".css" else LIBRARY.removeprefix("$/"), path.name), path.read_text())
            for path in sorted((_HERE / "browser").iterdir())
        ]

    def get_stylesheet_paths(self, **context: Any) -> Sequence[str]:
        """Return the kit's stylesheet, to be added to the app's."""
        return ["./multi_session.css"]

    def compile_page(self, page_ctx: PageContext, /, **kwargs: Any) -> None:
        """Add the notices, and what each tab does by itself, to every page."""
        from .components.notices import notices

        page_ctx.app_wrap_components[6, "MultiSession"] = notices()

    def post_compile(self, **context: Any) -> None:
        """Wire the kit into the app. Reflex calls this once in every worker, before it serves.

        Raises:
            OptionsError, SchemaTooNew: as `install`.
        """
        # Not imported at the top: `rxconfig.py` imports this module before Reflex knows its own configuration.
        from . import install

        app: rx.App = context["app"]
        self.multi_session_options = install.completed(self.multi_session_options, get_config())
        install.install(app, self.multi_session_options, get_config())

"""What an app adds to `rxconfig.py`: the options, and the wiring that follows from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from reflex_base.config import get_config
from reflex_base.plugins import Plugin

from .options import LIBRARY, Options

if TYPE_CHECKING:
    import reflex as rx
    from reflex_base.plugins.compiler import PageContext

_HERE = Path(__file__).parent

P = ParamSpec("P")


def _with_parameters_of(
    shape: Callable[P, object],
) -> Callable[[Callable[..., None]], Callable[Concatenate[Any, P], None]]:
    """Give an `__init__` the parameters of `shape`, for type checkers too: no option is written twice."""
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

    def get_static_assets(self, **context: Any) -> Sequence[tuple[Path, str | bytes]]:
        """Put the browser's half of the kit where the compiled pages import it from."""
        return [
            (Path("styles" if path.suffix == ".css" else LIBRARY.removeprefix("$/"), path.name), path.read_text())
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
        self.multi_session_options = install.completed(self.multi_session_options, get_config())
        install.install(app, self.multi_session_options, get_config())

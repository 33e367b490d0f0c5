"""The demo's look: Radix Themes, without the parts that no page uses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import reflex as rx
from reflex.plugins import RadixThemesPlugin

COLORS = ("gray", "green", "indigo", "red", "slate")
"""The colours that the pages use. A component in any other one would have no colour: a test looks for such."""

_RADIX = "@radix-ui/themes"
# Reflex 0.10.1's provider gives the root the class "light" until it knows better: each first load in dark begins with a
# white frame or two. The html element's class is enough, and it is set before anything is painted.
_COLOR_MODE_PROVIDER = Path("components/reflex/radix_themes_color_mode_provider.js")


class Theme(RadixThemesPlugin):
    """Reflex's plugin without the colours and components that no page uses, which are 15 and 28 kB of a first load."""

    def __init__(self) -> None:
        """Set the theme."""
        super().__init__(theme=rx.theme(accent_color="indigo", gray_color="slate", radius="medium"))

    def get_stylesheet_paths(self, **context: Any) -> tuple[str, ...]:
        """Return the used parts of Radix's `styles.css`, which has all 31 colours, in its order."""
        parts = [*(f"tokens/colors/{color}" for color in COLORS), "tokens/base", "components", "utilities"]
        return tuple(f"{_RADIX}/{part}.css" for part in parts)

    def get_static_assets(self, **context: Any) -> Sequence[tuple[Path, str]]:
        """Return a colour mode provider that does nothing, as Reflex's own makes the dark theme flash."""
        return [(_COLOR_MODE_PROVIDER, "export default ({ children }) => children;\n")]

    def get_frontend_dependencies(self, **context: Any) -> tuple[str, ...]:
        """Return nothing: the components name the package they come from.

        Reflex 0.10.1 keeps a package that a plugin names whole, for components made at run time, which this app has
        not. All of Radix would then be in every page's first load, with or without `frontend_lazy_bundled_libraries`.
        """
        return ()

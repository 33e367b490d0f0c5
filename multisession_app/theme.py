"""The demo's look: Radix Themes, with no more of it on the wire than the pages show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import reflex as rx
from reflex.plugins import RadixThemesPlugin

COLORS = ("gray", "green", "indigo", "red", "slate")
"""The colours that the pages name. In any other one a component would be without colour: a test looks for them."""

_RADIX = "@radix-ui/themes"
# Reflex 0.10.1's own gives the root the class "light" until it knows better: a white frame or two in each first load in
# dark. The class of the html element is enough, and there before anything is painted.
_COLOR_MODE_PROVIDER = Path("components/reflex/radix_themes_color_mode_provider.js")


class Theme(RadixThemesPlugin):
    """Reflex's plugin without the colours and components that no page uses: 15 and 28 kB of a first load."""

    def __init__(self) -> None:
        """Set the theme."""
        super().__init__(theme=rx.theme(accent_color="indigo", gray_color="slate", radius="medium"))

    def get_stylesheet_paths(self, **context: Any) -> tuple[str, ...]:
        """Return the parts of Radix's `styles.css`, which has all 31 colours, in its order."""
        parts = [*(f"tokens/colors/{color}" for color in COLORS), "tokens/base", "components", "utilities"]
        return tuple(f"{_RADIX}/{part}.css" for part in parts)

    def get_static_assets(self, **context: Any) -> Sequence[tuple[Path, str]]:
        """Replace what would make the dark theme flash."""
        return [(_COLOR_MODE_PROVIDER, "export default ({ children }) => children;\n")]

    def get_frontend_dependencies(self, **context: Any) -> tuple[str, ...]:
        """Return nothing: the components name the package they come from.

        What a plugin names, Reflex 0.10.1 keeps whole for components made at run time, of which there are none here.
        All of Radix is then part of every page's first load, with `frontend_lazy_bundled_libraries` as without.
        """
        return ()

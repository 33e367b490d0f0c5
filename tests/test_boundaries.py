"""The kit's imports point one way, and never out of its folder."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from multisession_app import multi_session

KIT = Path(multi_session.__file__).parent
MODULES = sorted(path for path in KIT.rglob("*.py") if "migrations" not in path.parts)
USES_REFLEX = {"runtime", "state", "security_state", "guard", "in_place", "plugin", "wiring", "admin", "components"}
# What may lean on Reflex, and the demo around the kit.
REFLEX = re.compile(r"reflex(_|\.|$)")


def layer_order() -> list[set[str]]:
    """Read the order out of the kit's docstring: a layer a place, siblings that do not know each other in one."""
    docstring = ast.get_docstring(ast.parse((KIT / "__init__.py").read_text())) or ""
    order: list[set[str]] = []
    for line in docstring.splitlines():
        if found := re.fullmatch(r" {4}(\w+(?:(?:, | \| )\w+)*) {2,}\S.*", line):
            order += [set(names.split(" | ")) for names in found[1].split(", ")]
    return order


def layer_of(path: Path) -> str:
    """Return a module's name in the docstring; a package counts as one."""
    return path.relative_to(KIT).parts[0].removesuffix(".py")


def imports(path: Path) -> list[tuple[int, str]]:
    """Return each import as (dots, first part after them), those inside functions and for type checks too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(0, name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.module:
                found.append((node.level, node.module))
            else:
                found += [(node.level, name.name) for name in node.names]
    return found


def kit_imports(path: Path) -> set[str]:
    """Return the layers that a module imports."""
    depth = len(path.relative_to(KIT).parts)
    return {name.split(".")[0] for dots, name in imports(path) if dots == depth}


def test_docstring_names_every_module() -> None:
    """A new module has to find its place."""
    named = [name for place in layer_order() for name in place]
    assert sorted(named) == sorted({layer_of(path) for path in MODULES} - {"__init__"})


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(KIT)))
def test_module_imports_only_what_stands_before_it(path: Path) -> None:
    """No upward and no sideways import."""
    order = layer_order()
    own = layer_of(path)
    if own == "__init__":
        assert kit_imports(path) == set()
        return
    place = next(number for number, names in enumerate(order) if own in names)
    before = {name for names in order[:place] for name in names}
    assert kit_imports(path) <= before


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(KIT)))
def test_module_imports_the_kit_relatively_and_nothing_around_it(path: Path) -> None:
    """The folder can be taken into another app as it is."""
    depth = len(path.relative_to(KIT).parts)
    for dots, name in imports(path):
        assert dots <= depth, f"{name} is outside the kit"
        assert name.split(".")[0] != "multisession_app", f"{name} is not imported relatively"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(KIT)))
def test_only_the_reflex_half_imports_reflex(path: Path) -> None:
    """The verbs, the gate and the routes are usable without it."""
    uses = [name for dots, name in imports(path) if dots == 0 and REFLEX.match(name)]
    assert not uses or layer_of(path) in USES_REFLEX, uses


def test_doors_do_not_know_each_other() -> None:
    """The routes and the state call the same verbs; neither calls the other."""
    assert "state" not in kit_imports(KIT / "api.py")
    assert "api" not in kit_imports(KIT / "state.py")
    assert {"api", "state"} in layer_order()


def test_migrations_import_nothing_of_the_app() -> None:
    """They stay what they were when the models move on."""
    for path in (KIT / "migrations").rglob("*.py"):
        assert {name.split(".")[0] for _, name in imports(path)} <= {"alembic", "sqlalchemy"}, path


def test_core_loads_without_reflex() -> None:
    """Also not by a detour through another package."""
    import subprocess
    import sys

    code = (
        "import sys, multisession_app.multi_session.api, multisession_app.multi_session.gate\n"
        "print([name for name in sys.modules if name.split('.')[0] in {'reflex', 'reflex_base'}])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=KIT.parents[1], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"

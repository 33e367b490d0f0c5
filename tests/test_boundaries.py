"""The kit's imports point one way between its rooms, make no circle inside one, and never leave its folder."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

from multisession_app import multi_session

KIT = Path(multi_session.__file__).parent
APP = KIT.parent
MODULES = sorted(path for path in KIT.rglob("*.py") if "migrations" not in path.parts)
ROOMS = {path.parent.name for path in MODULES}
USES_REFLEX = {"websocket", "components", "install", "plugin"}
REFLEX = re.compile(r"reflex(_|\.|$)")


class Place(NamedTuple):
    """Rooms that stand on one floor: doors that do not know each other, or single modules that do."""

    names: set[str]
    are_doors: bool


def floors() -> list[Place]:
    """Read the floors out of the kit's docstring, lowest first."""
    text = ast.get_docstring(ast.parse((KIT / "__init__.py").read_text())) or ""
    lines = (re.fullmatch(r" {4}(\w+(?: \| \w+)+|\w+(?: \w+)*) {2,}\S.*", line) for line in text.splitlines())
    return [Place(set(re.findall(r"\w+", line[1])), "|" in line[1]) for line in lines if line]


def name_of(path: Path) -> str:
    """Return a module as `room.module`, a room itself for its `__init__`, or the module alone at the top."""
    parts = path.relative_to(KIT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> list[tuple[int, str, str]]:
    """Return each import as (dots, module, name), those inside functions and for type checks too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(0, name.name, "") for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.level, node.module or "", name.name) for name in node.names]
    return found


def kit_imports(path: Path) -> set[str]:
    """Return the kit's modules that a module imports, by the names of `name_of`."""
    folder = list(path.relative_to(KIT).parts[:-1])
    found = set()
    for dots, module, name in imports(path):
        if dots:
            base = [*folder[: len(folder) - dots + 1], *filter(None, module.split("."))]
            whole = ".".join([*base, name])
            found.add(whole if whole in {name_of(other) for other in MODULES} else ".".join(base))
    return found - {""}


def room_of(name: str) -> str:
    """Return the room of a module; a module at the top is one by itself."""
    return name.partition(".")[0]


def ids(path: Path) -> str:
    """Name a test's case by its module."""
    return name_of(path) or "__init__"


def test_docstring_names_every_room() -> None:
    """A new room has to find its place."""
    named = [name for place in floors() for name in place.names]
    assert sorted(named) == sorted({room_of(name_of(path)) for path in MODULES} - {""})
    assert [place.names for place in floors() if place.are_doors] == [{"http", "websocket"}]


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_module_imports_only_from_floors_below_its_own(path: Path) -> None:
    """No upward import, and none from one door to the other."""
    if path == KIT / "__init__.py":
        return
    own = room_of(name_of(path))
    height = next(height for height, place in enumerate(floors()) if own in place.names)
    allowed = {name for place in floors()[:height] for name in place.names}
    allowed |= {own} if floors()[height].are_doors else floors()[height].names
    assert {room_of(name) for name in kit_imports(path)} <= allowed


def test_no_room_has_a_circle_of_imports() -> None:
    """Whoever reads a room can begin at its lowest module."""
    for place in floors():
        # A room's own `__init__` may import what is in it: nothing that is in it imports that.
        graph = {
            name_of(path): {name for name in kit_imports(path) if room_of(name) in place.names}
            - {room_of(name_of(path))}
            for path in MODULES
            if room_of(name_of(path)) in place.names and path.name != "__init__.py"
        }
        # Raises CycleError, which names the circle.
        list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_module_imports_the_kit_relatively_and_nothing_around_it(path: Path) -> None:
    """The folder can be taken into another app as it is."""
    depth = len(path.relative_to(KIT).parts)
    for dots, module, name in imports(path):
        assert dots <= depth, f"{module}.{name} is outside the kit"
        assert module.split(".")[0] != APP.name, f"{module} is not imported relatively"


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_only_the_reflex_half_imports_reflex(path: Path) -> None:
    """Rules, actions and the HTTP door are usable without it."""
    uses = [module for dots, module, _ in imports(path) if dots == 0 and REFLEX.match(module)]
    # The command line asks for Reflex's settings when it is run.
    assert not uses or room_of(name_of(path)) in USES_REFLEX | {"admin"}, uses


@pytest.mark.slow
def test_everything_but_the_reflex_half_loads_without_reflex() -> None:
    """Also not by a detour through another package."""
    names = [name_of(path) for path in MODULES]
    plain = [f".{name}" for name in names if name and room_of(name) not in USES_REFLEX]
    code = (
        "import importlib, sys\n"
        f"for name in {plain}: importlib.import_module(name, 'multisession_app.multi_session')\n"
        "print([name for name in sys.modules if name.split('.')[0] in {'reflex', 'reflex_base'}])"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=APP.parent, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.standard("ASVS 7.2.3")
def test_nothing_is_drawn_from_a_generator_that_can_be_guessed() -> None:
    """What is random here is a secret or an id."""
    found = {path.name for path in MODULES for _, module, _ in imports(path) if module in {"random", "numpy.random"}}
    assert found == set()


def test_migrations_import_nothing_of_the_app() -> None:
    """They stay what they were when the models move on."""
    scripts = list((KIT / "database/migrations").rglob("*.py"))
    assert scripts
    for path in scripts:
        assert {module.split(".")[0] for _, module, _ in imports(path)} <= {"alembic", "sqlalchemy"}, path


def test_public_names_have_the_types_of_what_is_loaded() -> None:
    """What a type checker reads and what is imported at run time come from the same place."""
    typed = {name: module for dots, module, name in imports(KIT / "__init__.py") if dots == 1}
    assert typed == multi_session._HOMES
    for name in multi_session.__all__:
        assert getattr(multi_session, name).__name__ == name or name[0].isupper()


def test_demo_imports_only_public_names() -> None:
    """As any other app does."""
    for path in APP.rglob("*.py"):
        if KIT in path.parents or "migrations" in path.parts:
            continue
        for dots, module, name in imports(path):
            if dots and module.split(".")[0] == "multi_session" and path != APP / "admin.py":
                assert module == "multi_session", f"{path.name} reaches into {module}"
                assert name in multi_session.__all__, f"{path.name} imports {name}"

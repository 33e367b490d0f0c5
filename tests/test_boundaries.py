"""The kit's imports point one way between its rooms, make no circle inside one, and never leave its folder."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from multisession_app import multi_session

KIT = Path(multi_session.__file__).parent
APP = KIT.parent
MODULES = sorted(path for path in KIT.rglob("*.py") if "migrations" not in path.parts)
USES_REFLEX = {"websocket", "components", "install", "plugin"}
REFLEX = re.compile(r"reflex(_|\.|$)")


def rooms() -> list[set[str]]:
    """Read the rooms out of the kit's docstring, lowest first: those that do not know each other are one place."""
    order: list[set[str]] = []
    for line in docstring().splitlines():
        if found := re.fullmatch(r" {4}(\w+(?: \| \w+)+|\w+(?: \w+)*) {2,}\S.*", line):
            order.append(set(re.findall(r"\w+", found[1])))
    return order


def docstring() -> str:
    """Return what the kit says of itself."""
    return ast.get_docstring(ast.parse((KIT / "__init__.py").read_text())) or ""


def siblings() -> set[str]:
    """Return the rooms that stand side by side and do not know each other."""
    return {
        name for line in docstring().splitlines() for name in re.findall(r"(\w+) \||\| (\w+)", line) for name in name
    }


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
    named = [name for place in rooms() for name in place]
    assert sorted(named) == sorted({room_of(name_of(path)) for path in MODULES} - {""})
    assert siblings() == {"http", "websocket"}


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_module_imports_only_from_rooms_before_its_own(path: Path) -> None:
    """No upward and no sideways import."""
    if path == KIT / "__init__.py":
        return
    order, own = rooms(), room_of(name_of(path))
    place = next(number for number, names in enumerate(order) if own in names)
    allowed = {name for names in order[:place] for name in names} | {own}
    if own not in siblings() and place in (0, len(order) - 1):
        # Single modules that stand together.
        allowed |= order[place]
    assert {room_of(name) for name in kit_imports(path)} <= allowed


def test_no_room_has_a_circle_of_imports() -> None:
    """Whoever reads a room can begin at its lowest module."""
    graph = {
        name_of(path): {name for name in kit_imports(path) if room_of(name) == room_of(name_of(path))}
        for path in MODULES
        if name_of(path)
    }
    # Raises CycleError, which names the circle. A room's own `__init__` may import what is in it.
    list(
        TopologicalSorter({name: {n for n in own if n != room_of(name)} for name, own in graph.items()}).static_order()
    )


def test_single_modules_at_the_top_make_no_circle() -> None:
    """Words and numbers below, what puts it all together above."""
    graph = {name: kit_imports(KIT / f"{name}.py") for place in (rooms()[0], rooms()[-1]) for name in place}
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
    assert not uses or room_of(name_of(path)) in USES_REFLEX, uses


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

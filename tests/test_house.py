"""The house's rules: who may import whom, read from the code."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "mapio_display"
FILES = sorted(PACKAGE.rglob("*.py"))
NAME = "mapio_display"

# What a room may import beside the standard library, itself, and what stands below every room.
FOR_ALL = {"errors", "frozen", "resources", "durable", "files", "memory", "progress"}
ROOMS: dict[str, set[str]] = {
    "core": {"errors", "frozen"},
    "config": {"core", "panel", "views", "words"},
    "words": {"core"},
    "views": {"core", "words", "PIL", "segno"},
    "panel": {"core", "board", "spidev", "RPi"},
    "board": {"core", "config", "host", "gpiod"},
    "host": {"core", "config", "dbus_next", "PIL"},
    "rauc": {"core", "host", "dbus_next"},
    "transfer": {"core"},
    "releases": {"core", "transfer"},
    "web": {"core", "words", "transfer", "aiohttp", "jinja2"},
}
BOARD_ONLY = {"gpiod", "spidev", "RPi"}
OUTSIDE = [path for path in FILES if "virtual" not in path.relative_to(PACKAGE).parts]
IMPURE = {"asyncio", "time", "os", "pathlib", "socket", "subprocess", "threading", "random", "logging"}


def room(path: Path) -> str | None:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else None


@cache
def parsed(path: Path) -> ast.Module:
    """The code of a file of the package; several rules look at each."""
    return ast.parse(path.read_text("utf-8"))


@cache
def imports(path: Path, *, top_level_only: bool = False) -> list[str]:
    """The modules a file imports, by their full names."""
    tree = parsed(path)
    found: list[str] = []
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            found += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides the room it comes from"
            found.append(str(node.module))
    return found


def may_import(mine: str, module: str) -> bool:
    """Whether a file of the room ``mine`` may import this module."""
    parts = module.split(".")
    allowed = ROOMS[mine] | (FOR_ALL if mine != "core" else set())
    if parts[0] == NAME:
        return len(parts) == 1 or parts[1] == mine or parts[1] in allowed  # the package alone has the version
    return parts[0] in sys.stdlib_module_names or parts[0] in allowed


def test_a_room_imports_only_what_it_may() -> None:
    rooms = {path: mine for path in FILES if (mine := room(path)) in ROOMS}
    assert set(rooms.values()) == ROOMS.keys()
    assert [
        (path, module) for path, mine in rooms.items() for module in imports(path) if not may_import(mine, module)
    ] == []


def test_the_core_has_no_clock_no_files_and_no_loop() -> None:
    core = [path for path in FILES if room(path) == "core"]
    assert [path for path in core if IMPURE & {module.split(".")[0] for module in imports(path)}] == []


def test_a_file_outside_the_virtual_gateway_uses_one_foreign_library_at_most() -> None:
    for path in OUTSIDE:
        foreign = {module.split(".")[0] for module in imports(path)} - set(sys.stdlib_module_names) - {NAME}
        # Pillow is what all views draw with.
        assert len(foreign - ({"PIL"} if room(path) == "views" else set())) <= 1, f"{path} imports {foreign}"


def test_only_the_command_line_imports_the_virtual_gateway() -> None:
    others = [path for path in OUTSIDE if room(path) != "cli"]
    assert [path for path in others if any(module.startswith(f"{NAME}.virtual") for module in imports(path))] == []


def test_what_needs_a_board_is_imported_by_one_module() -> None:
    users: dict[str, set[Path]] = {}
    for path in FILES:
        for module in imports(path):
            if module.split(".")[0] in BOARD_ONLY:
                users.setdefault(module.split(".")[0], set()).add(path)
    assert users.keys() == BOARD_ONLY
    assert all(len(files) == 1 for files in users.values()), users


def test_nothing_slow_is_imported_before_the_first_frame() -> None:
    slow = {"asyncio", "aiohttp", "dbus_next", "jinja2", "segno"}
    for name in ("__init__", "daemon", "failing"):  # all that a plain "run" loads of it
        cli = {module.split(".")[0] for module in imports(PACKAGE / "cli" / f"{name}.py", top_level_only=True)}
        assert not (slow | {"argparse"}) & cli


def test_what_never_changes_is_frozen_by_the_base_that_compiles_nothing() -> None:
    assert [
        (path, node.name)
        for path in FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef)
        for each in node.decorator_list
        if isinstance(each, ast.Call) and any(keyword.arg == "frozen" for keyword in each.keywords)
    ] == []


# What RAUC 1.8 to 1.16 says in English: its progress, its errors, its marks on a slot's boot state.
RAUCS_ENGLISH = re.compile(
    r"updating slots|copying image|determining slot|checking bundle|checking manifest|verifying signature"
    r"|already processing|rauc info error|signature verification failed|compatible mismatch|version mismatch"
    r"|failed to mount slot|failed marking|no target slot|could not determine|handler error|bundle rejected"
    r"|failed to run|exited with code|exclusive bundle access|invalid bundle format|verity device",
    re.IGNORECASE,
)


def test_no_other_room_holds_raucs_english() -> None:
    assert [
        (path, node.value)
        for path in OUTSIDE
        if room(path) != "rauc"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and RAUCS_ENGLISH.search(node.value)
    ] == []

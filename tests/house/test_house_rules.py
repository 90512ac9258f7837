"""The rules of the house, held against the tree itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

LINES_PER_FILE = 400
# Written by hand from pieces, so that this file does not name what it forbids.
FORBIDDEN = {
    "a registry host": re.compile(
        "pypi" + r"\.org|pythonhosted" + r"\.org|regis" + r"try\.npmjs|--(extra-)?index" + "-url"
    ),
    "a path of one machine": re.compile("/wo" + "rk/(main|shared)|/ro" + "ot/|/ho" + "me/(?!you/)[a-z]+/"),
    "a note to oneself": re.compile(r"\b(TO" + "DO|FIX" + "ME|XX" + r"X)\b"),
}
TEXT_SUFFIXES = {".py", ".md", ".toml", ".txt", ".yml", ".yaml", ".json", ".qml", ".cmd", ".cfg", ".html", ""}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.suffix in TEXT_SUFFIXES else ""


def test_every_module_says_on_its_door_what_it_is_for(modules: list[Path], root: Path) -> None:
    silent = [
        str(path.relative_to(root))
        for path in modules
        if not (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").strip()
    ]
    assert silent == []


def test_no_file_of_code_is_longer_than_a_room(modules: list[Path], root: Path) -> None:
    lengths = {str(path.relative_to(root)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules}
    assert {name: count for name, count in lengths.items() if count > LINES_PER_FILE} == {}


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_no_tracked_file_names(what: str, tracked: list[Path], root: Path) -> None:
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()[:80]}"
        for path in tracked
        for number, line in enumerate(_text(path).splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert found == []


def test_tests_and_packaging_are_folders_not_packages(root: Path) -> None:
    assert list((root / "tests").rglob("__init__.py")) == []
    assert not (root / "packaging" / "__init__.py").exists()


def test_a_mouthful_of_imports_brings_neither_qt_nor_libmpv(root: Path) -> None:
    code = (
        "import importlib, pkgutil, sys\n"
        "import abr, player, backend_stub\n"
        "for package in (abr, player, backend_stub):\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        if not module.name.endswith('__main__'):\n"
        "            importlib.import_module(module.name)\n"
        "sys.exit(' '.join(sorted({'PySide6', 'mpv', 'qasync', 'ui'} & set(sys.modules))) or 0)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_change_log_has_an_entry_for_the_version(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"\n## {project['version']}" in (root / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_dependency_is_pinned_with_a_hash(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(line for group in project["optional-dependencies"].values() for line in group),
    ]
    pins = (root / "packaging" / "requirements.txt").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9.-]+)==[^\n]*\\\n    --hash=sha256:[0-9a-f]{64}", pins, re.MULTILINE))
    names = {re.split(r"[<>=!\[ ;]", line, maxsplit=1)[0].lower().replace("_", "-") for line in wanted}
    assert names - pinned == set()

"""What the README and the help say exists, exists."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from abr import controller
from player.cli.main import COMMANDS

Program = Callable[..., "subprocess.CompletedProcess[str]"]
DOCUMENTS = (
    *("README.md", "CHANGELOG.md", "docs/house.md", "docs/licences.md", "docs/bench.md", "docs/controllers.md"),
    "docs/traces.md",
)


def _readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


def test_the_first_two_commands_of_the_readme_are_the_demo_and_the_tests(root: Path) -> None:
    commands = re.findall(r"^\./evenflow[^\n#]*", _readme(root), re.MULTILINE)
    assert [command.strip() for command in commands[:2]] == ["./evenflow demo", "./evenflow test"]


def test_every_command_that_the_readme_names_exists(root: Path) -> None:
    named = set(re.findall(r"(?:\./|`)evenflow ([a-z]+)", _readme(root)))
    assert named - {command.name for command in COMMANDS} == set()


def test_every_command_is_in_the_readme(root: Path) -> None:
    named = set(re.findall(r"`evenflow ([a-z]+)", _readme(root)))
    assert {command.name for command in COMMANDS} - named == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_and_path_in_a_document_leads_somewhere(document: str, root: Path) -> None:
    text = (root / document).read_text(encoding="utf-8")
    folder = (root / document).parent
    links = [link for link in re.findall(r"\]\(([^)#:]+)\)", text) if not (folder / link).exists()]
    paths = re.findall(r"`((?:abr|player|ui|backend-stub|packaging|tests|docs)/[\w./-]*)`", text)
    assert links + [path for path in paths if not (root / path).exists()] == []


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_has_help_with_an_example(name: str, evenflow: Program) -> None:
    done = evenflow(name, "--help")
    assert done.returncode == 0, done.stderr
    assert f"evenflow {name}" in done.stdout.lower().partition("example")[2]


def test_every_controller_is_in_the_table_of_controllers(root: Path) -> None:
    table = (root / "docs" / "bench.md").read_text(encoding="utf-8").partition("## The controllers")[2]
    named = {name.partition(":")[0] for name in re.findall(r"`([a-z0-9-]+(?::N)?)`", table.partition("\n## ")[0])}
    assert set(controller.names()) - named == set()


def test_the_code_in_the_document_of_the_laboratory_runs(root: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (root / "docs" / "bench.md").read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(block, names)
    assert len(names["scores"]) == 300

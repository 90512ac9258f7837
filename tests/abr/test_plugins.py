"""Controllers of others: found by file or entry point, held to what they may answer."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import pytest

from abr import abandonment, controller, plugins
from abr.checked import Checked, ControllerFailed
from abr.controller import UnknownController
from abr.model import Decision, Observation, Reason, ReasonCode
from abr.simulate import SessionSettings, simulate
from abr.trace import builtin
from abr.video import builtin_film
from player.cli import bench
from player.cli.errors import CheckFailed, UsageError
from player.cli.main import run

HEAD = "from abr.model import Decision, Reason, ReasonCode\n"
GOOD = """
class Mine:
    name = "mine"
    def decide(self, seen):
        return Decision(0, Reason(ReasonCode.FIXED, "always"))
"""


def written(folder: Path, body: str, name: str = "mine.py") -> str:
    path = folder / name
    path.write_text(HEAD + body)
    return str(path)


def test_the_code_of_the_document_is_a_controller(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (root / "docs" / "controllers.md").read_text(), re.DOTALL)
    assert len(block.splitlines()) <= 20
    file = tmp_path / "half.py"
    file.write_text(block)
    assert run(["bench", "--controllers", f"{file}:Half,dynamic", "--no-optimum", "--jobs", "1"]) == 0
    assert re.search(r"^half +-?\d", capsys.readouterr().out, re.MULTILINE)


def test_a_plug_in_is_played_in_other_processes_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = written(tmp_path, GOOD) + ":Mine"
    assert run(["bench", "--controllers", spec, "--no-optimum", "--jobs", "2", "--json"]) == 0
    assert '"controller": "mine"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("body", "class_name", "says"),
    [
        (None, "Mine", "there is no such file"),
        ("x = (", "Mine", "cannot be imported: SyntaxError"),
        ("import nothing_of_this_name", "Mine", "cannot be imported: ModuleNotFoundError"),
        (GOOD, "Yours", "holds no class 'Yours'; there is: Mine"),
        (GOOD, "", "which class is it"),
        ("Mine = 3", "Mine", "is no class"),
        ("class Mine:\n    name = 'm'", "Mine", "has no decide"),
        ("class Mine:\n    def decide(self, seen): ...", "Mine", "says no name"),
        (GOOD + "    def __init__(self, x): ...", "Mine", "cannot be made without arguments"),
    ],
)
def test_a_plug_in_that_is_none_is_named_with_the_way_out(
    body: str | None, class_name: str, says: str, tmp_path: Path
) -> None:
    path = str(tmp_path / "mine.py") if body is None else written(tmp_path, body)
    spec = f"{path}:{class_name}" if class_name else path
    with pytest.raises(UnknownController, match=re.escape(says)) as caught:
        controller.create(spec)
    assert "mine.py" in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("Decision(9, Reason(ReasonCode.FIXED, 'x'))", "chose rung 9 of a ladder with rungs 0 to 5"),
        ("Decision(-1, Reason(ReasonCode.FIXED, 'x'))", "chose rung -1"),
        ("Decision(1.5, Reason(ReasonCode.FIXED, 'x'))", "no whole number"),
        ("3", "answered 3 where abr.model.Decision"),
        ("None", "answered None"),
        ("Decision(0, 'because')", "as its reason"),
        ("Decision(0, Reason(ReasonCode.FIXED, lambda: 1 / 0))", "words cannot be made: ZeroDivisionError"),
        ("Decision(0, Reason(ReasonCode.FIXED, 'x'), wait_s=float('nan'))", "a wait of nan"),
        ("Decision(0, Reason(ReasonCode.FIXED, 'x'), estimate_bps=-1.0)", "estimated -1.0"),
        ("1 / 0", "raised ZeroDivisionError: division by zero (mine.py:5)"),
    ],
)
def test_a_wrong_answer_is_told_with_controller_chunk_and_trace(answer: str, says: str, tmp_path: Path) -> None:
    spec = written(tmp_path, f"class Mine:\n    name = 'mine'\n    def decide(self, seen):\n        return {answer}\n")
    told = run_says(f"{spec}:Mine")
    assert says in told
    assert told.startswith("controller 'mine', chunk 0: ")
    assert "evenflow-commute" in told


def run_says(spec: str) -> str:
    parser = argparse.ArgumentParser()
    bench.add_parser(parser.add_subparsers())
    words = ["bench", "--controllers", spec, "--traces", "builtin:evenflow-commute", "--no-optimum"]
    with pytest.raises(CheckFailed) as caught:
        bench.run(parser.parse_args(words))
    return caught.value.message


def test_the_viewers_cap_binds_a_plug_in(tmp_path: Path) -> None:
    film = builtin_film()
    body = GOOD.replace("Decision(0", "Decision(4")
    mine = controller.create(written(tmp_path, body) + ":Mine")
    with pytest.raises(ControllerFailed, match="highest_allowed is 2"):
        mine.decide(Observation(0.0, 7, 2.0, film.ladder, 5.0, 30.0, rung_cap=2))


class Fleeting:
    """Top rung always, and an abandonment rule of its own."""

    name = "fleeting"

    def __init__(self, instead: int = 0) -> None:
        self.instead = instead

    def decide(self, seen: object) -> Decision:
        return Decision(5, Reason(ReasonCode.FIXED, "top"))

    def abandon(self, progress: object) -> Decision:
        return Decision(self.instead, Reason(ReasonCode.ABANDONED, "at once"))


def test_a_rule_to_give_up_is_taken_over_and_checked_too() -> None:
    trace, film, settings = builtin("evenflow-commute"), builtin_film(), SessionSettings(abandonment=True)
    result = simulate(Checked(Fleeting()), trace, film, settings)
    assert {chunk.rung for chunk in result.chunks if chunk.abandoned_rung is not None} == {0}
    with pytest.raises(ControllerFailed, match="chose rung 6"):
        simulate(Checked(Fleeting(6)), trace, film, settings)


def test_one_without_such_a_rule_gets_the_common_one() -> None:
    assert abandonment.rule_of(Checked(controller.create("fixed"))) is abandonment.consider


def test_an_entry_point_is_a_name_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, GOOD, "their_rules.py")
    info = tmp_path / "their-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[evenflow.controllers]\nmine = their_rules:Mine\nlost = their_rules:Gone\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins.forget()
    try:
        assert "mine" in controller.names()
        assert controller.create("mine").name == "mine"
        with pytest.raises(UnknownController, match=r"'lost' of their \(their_rules:Gone\) cannot be loaded"):
            controller.create("lost")
    finally:
        plugins.forget()
        sys.modules.pop("their_rules", None)


def test_bench_refuses_two_controllers_of_one_name(tmp_path: Path) -> None:
    one, two = written(tmp_path, GOOD, "one.py"), written(tmp_path, GOOD, "two.py")
    parser = argparse.ArgumentParser()
    bench.add_parser(parser.add_subparsers())
    with pytest.raises(UsageError, match="two are called 'mine'"):
        bench.run(parser.parse_args(["bench", "--controllers", f"{one}:Mine,{two}:Mine"]))

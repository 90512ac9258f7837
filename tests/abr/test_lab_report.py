"""report.html: one file without a network, with the data, whatever a controller writes into its reasons."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from abr.lab import Suite, run_suite, summarise
from abr.lab.report import Collector, render
from abr.lab.report.styles import styles
from abr.lab.store import Store
from abr.lab.suite import kept_sessions
from abr.trace import Step, Trace
from abr.video import builtin_film

EVIL = "</script><script>alert(1)</script> & <img src=x onerror=alert(2)> %{x}"
HOSTILE = f"""
from abr.model import Decision, Reason, ReasonCode
class Hostile:
    name = "<b>hostile</b>"
    def decide(self, seen):
        return Decision(1, Reason(ReasonCode.FIXED, {EVIL!r}), estimate_bps=1e6)
"""


class Page(HTMLParser):
    """What a browser would fetch or run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts[-1] += data


def made(folder: Path, controllers: tuple[str, ...], traces: int = 2) -> dict[str, Any]:
    """The data of a run's page."""
    links = tuple(
        Trace([Step(5.0, 1e6 * (k + 1), 0.05)], name=f"<i>{k}</i>", family=f"family & {k % 2}") for k in range(traces)
    )
    suite = Suite(links, controllers, (builtin_film(),))
    store = Store.at(folder / "sessions")
    cells = run_suite(suite, 1, None, store)
    rows = summarise(suite, cells, "dynamic", 1)
    collector = Collector(suite, cells, rows, "dynamic")
    for cell in cells:
        collector.add(cell, kept_sessions(suite, store, cell))
    return collector.data({"traces": traces, "films": "a <film>", "film_count": 1, "buffer_s": 30.0, "version": "1"})


def hostile(folder: Path) -> str:
    file = folder / "hostile.py"
    file.write_text(HOSTILE)
    return f"{file}:Hostile"


def test_the_page_fetches_nothing(tmp_path: Path) -> None:
    page = render(made(tmp_path, ("dynamic", hostile(tmp_path))), "/* plotly */")
    fetched = [
        (tag, name, value)
        for tag, attributes in Page(page).tags
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "data", "action", "poster") and not (value or "").startswith("#")
    ]
    assert fetched == []
    assert "default-src 'none'" in page
    assert re.findall(r"url\(|@import|fetch\(|XMLHttpRequest", page) == []


def test_a_reason_of_a_controller_stays_text(tmp_path: Path) -> None:
    page = render(made(tmp_path, ("dynamic", hostile(tmp_path))), "/* plotly */")
    parsed = Page(page)
    assert [tag for tag, _ in parsed.tags if tag in ("script", "img", "b", "i", "film")] == ["script"] * 3
    data = json.loads(parsed.scripts[0])
    assert set("<>") & set(json.dumps(data)) == set()
    reasons = data["timelines"][0]["sessions"]["&lt;b&gt;hostile&lt;/b&gt;"]["why"]
    assert reasons[0].startswith("&lt;/script&gt;&lt;script&gt;alert(1)")


def test_the_page_holds_every_decision_of_what_it_shows(tmp_path: Path) -> None:
    data = made(tmp_path, ("dynamic", "bola-e"))
    first = data["timelines"][0]["sessions"]["dynamic"]
    assert {len(first[name]) for name in ("asked", "came", "rung", "buffer", "kbps", "code", "why")} == {150}
    assert data["scores"]["by"].keys() == {"dynamic", "bola-e"}
    assert len(data["scores"]["by"]["dynamic"]) == 2
    assert data["estimates"]["dynamic"]
    assert {row["family"] for row in data["rows"]} == {"family &amp; 0", "family &amp; 1", "all"}


def test_of_many_sessions_some_are_shown_evenly_and_the_page_says_which(tmp_path: Path) -> None:
    data = made(tmp_path, ("dynamic", "fixed"), traces=30)
    assert (len(data["timelines"]), data["cells"]) == (12, 30)
    shown = {int(re.findall(r"\d+", it["trace"])[0]) for it in data["timelines"]}
    assert min(shown) <= 2
    assert max(shown) >= 20


def test_a_controller_looks_the_same_in_every_report_and_like_no_other() -> None:
    names = ["dynamic", "bola-e", "bba-0", "fixed:3", "mine", "yours", "mpc", "soda"]
    everything = styles(names)
    assert len({(it["colour"], it["line"]) for it in everything.values()}) == len(names)
    assert styles(["mpc", "mine"])["mpc"] == everything["mpc"]


def test_plotly_itself_can_be_put_into_the_page(tmp_path: Path) -> None:
    pytest.importorskip("plotly", reason="plotly is not on this machine; it comes with the extra `lab`")
    from abr.lab.report.plotly_js import plotly_js

    page = render(made(tmp_path, ("dynamic", "fixed")), plotly_js())
    assert len(Page(page).scripts) == 3
    assert len(page) < 8_000_000

"""A small film of ours, encoded once for all tests of the room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from backend_stub.encode.films import demo_plan
from backend_stub.encode.model import DEMO_LADDER, TitlePlan
from backend_stub.encode.titles import encode_plans


@pytest.fixture(scope="session")
def small_plan() -> TitlePlan:
    """Lantern River, two chunks and a half, three small rungs."""
    return demo_plan("lantern-river", rungs=DEMO_LADDER[:3], frame_count=108)


@pytest.fixture(scope="session")
def small_film(small_plan: TitlePlan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the small film, ready. Nobody may change it."""
    return encode_plans([small_plan], tmp_path_factory.mktemp("objects"), workers=2)[0].directory


@pytest.fixture
def tiny_plan() -> TitlePlan:
    """One short chunk of one rung, for tests that need a film of their own."""
    plan = demo_plan("lantern-river", rungs=DEMO_LADDER[:1], frame_count=60)
    return replace(plan, audio=plan.audio[:1], subtitles=())

"""Speeds from a quarter to four times, and sound before or after its pictures, on the real output."""

from __future__ import annotations

import time
from pathlib import Path

import media_ladder
import numpy as np
import pytest
from mpv_rig import Rig
from title_server import TitleServer, write_title

from player.compose import Order, desktop
from player.engine.settings import EngineSettings
from player.output.mpv import MpvSink

pytestmark = pytest.mark.needs_mpv
TONE_HZ = 440.0


@pytest.fixture(scope="module")
def title(ladder: media_ladder.Ladder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("title")
    write_title(ladder, folder)
    return folder


@pytest.mark.parametrize(("speed", "media_s"), [(0.25, 0.5), (0.5, 1.0), (2.0, 8.0), (4.0, 32.0)])
def test_the_engine_and_the_output_keep_the_speed_without_a_stall(title: Path, speed: float, media_s: float) -> None:
    settings = EngineSettings(fixed_rung=2, buffer_cap_s=12.0, speed=speed)
    with TitleServer(title) as server, Rig() as rig:
        remote = desktop(Order(server.uri(), settings=settings), rig.sink).start()
        try:
            assert rig.wait(lambda: rig.sink.state().position_s > 0.25 * speed, 20)
            begun_s, from_s = time.monotonic(), rig.sink.state().position_s
            assert rig.wait(lambda: rig.sink.state().position_s > from_s + media_s, 30)
            reached_s, took_s = rig.sink.state().position_s, time.monotonic() - begun_s
            remote.set_paused(True)
            assert rig.wait(lambda: remote.snapshot().status.value == "paused")
            still = rig.presented[-1].number
            assert rig.wait(lambda: abs(rig.sink.state().position_s - still / media_ladder.FPS) < 0.1)
            assert remote.snapshot().stall_count == 0
        finally:
            remote.close()
    # A twentieth for the grain of both clocks and a busy machine; a player that can't keep up is far off.
    assert (reached_s - from_s) / took_s == pytest.approx(speed, rel=0.05)


@pytest.mark.parametrize("speed", [0.25, 0.5, 2.0, 4.0])
def test_the_sound_keeps_its_pitch_and_takes_its_share_of_time(
    ladder: media_ladder.Ladder, tmp_path: Path, speed: float
) -> None:
    toned, count = media_ladder.with_tone(ladder, TONE_HZ), max(round(speed), 1)
    begin = media_ladder.CHUNKS - count
    sink = MpvSink(vo="null", ao="pcm", hwdec="no")
    try:
        sink.player["ao-pcm-file"] = str(tmp_path / "heard.wav")
        sink.set_speed(speed)
        sink.open(toned.timeline(begin * media_ladder.CHUNK_S), lambda _index: None)
        for index in range(begin, media_ladder.CHUNKS):
            sink.append(toned.chunk(index, 0))
        end_s = time.monotonic() + 40
        while not sink.state().ended:
            assert time.monotonic() < end_s, sink.state()
            time.sleep(0.01)
    finally:
        sink.close()
    heard, rate = _read(tmp_path / "heard.wav")
    assert heard.size / rate == pytest.approx(count * media_ladder.CHUNK_S / speed, abs=0.2 / min(speed, 1.0))
    middle = heard[heard.size // 4 : -heard.size // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(middle.size)))
    assert np.fft.rfftfreq(middle.size, 1 / rate)[spectrum.argmax()] == pytest.approx(TONE_HZ, rel=0.01)


def _read(path: Path) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], int]:
    """The first channel of a WAV file of any sample format that mpv writes, and its rate."""
    import av

    with av.open(str(path)) as file:
        frames = [frame.to_ndarray() for frame in file.decode(audio=0)]
        rate = file.streams.audio[0].rate
        channels = file.streams.audio[0].channels
    return np.concatenate([f.reshape(-1)[::channels] if f.shape[0] == 1 else f[0] for f in frames]).astype(float), rate


@pytest.mark.parametrize("delay_s", [0.2, -0.3])
def test_an_audio_delay_is_set_from_the_start_and_changed_while_playing(title: Path, delay_s: float) -> None:
    settings = EngineSettings(fixed_rung=0, audio_delay_s=delay_s)
    with TitleServer(title) as server, Rig() as rig:
        remote = desktop(Order(server.uri(), settings=settings), rig.sink).start()
        try:
            assert rig.wait(lambda: rig.sink.state().position_s > 0.5)
            assert rig.sink.player.audio_delay == pytest.approx(delay_s)
            assert remote.snapshot().audio_delay_s == delay_s
            remote.set_audio_delay(-delay_s)
            assert rig.wait(lambda: rig.sink.player.audio_delay == pytest.approx(-delay_s))
            at_s = rig.sink.state().position_s
            assert rig.wait(lambda: rig.sink.state().position_s > at_s + 1.0)
            assert rig.wait(lambda: abs(rig.sink.player.avsync) < 0.1), "the sound follows the delay"
            remote.set_audio_delay(60.0)
            assert rig.wait(lambda: rig.sink.player.audio_delay == pytest.approx(5.0)), "more is no lip sync"
            assert remote.snapshot().stall_count == 0
        finally:
            remote.close()

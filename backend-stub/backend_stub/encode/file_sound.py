"""The sound of a user's own file: any codec and layout, as 48 kHz stereo on the picture's clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from backend_stub.encode.grid import SAMPLE_RATE_HZ
from backend_stub.encode.model import TitlePlan
from backend_stub.encode.probe import opened

#: A gap shorter than this is jitter of the container's clock, not silence.
_GAP_S = 0.1


def blocks(plan: TitlePlan, index: int) -> Iterator[npt.NDArray[np.float32]]:
    """Samples (2, n) from the picture's first instant on; gaps are silent, what is broken is left out."""
    with opened(Path(plan.source)) as container:
        stream = container.streams[plan.audio[index].stream_index]
        zero_s = _zero_s(container)
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE_HZ)
        written = begin = 0
        for frame in _frames(container, stream):
            if frame.pts is not None:
                begin = round((float(frame.pts * frame.time_base) - zero_s) * SAMPLE_RATE_HZ)
                if begin - written > _GAP_S * SAMPLE_RATE_HZ:
                    yield np.zeros((2, begin - written), np.float32)
                    written = begin
                frame.pts = None
            for piece in resampler.resample(frame):
                samples: npt.NDArray[Any] = piece.to_ndarray()
                # Sound from before the first picture is cut off.
                early = max(0, -begin) if frame.pts is None and written == 0 and begin < 0 else 0
                samples = samples[:, min(early, samples.shape[1]) :]
                written += samples.shape[1]
                yield samples.astype(np.float32, copy=False)


def _zero_s(container: Any) -> float:
    video = container.streams.video[0]
    return float((video.start_time or 0) * video.time_base)


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.FFmpegError, OSError):
            return
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue

"""Sessions without an engine."""

from abr.simulate.fast import simulate
from abr.simulate.model import ChunkRecord, Seek, SessionResult, SessionSettings, Stall

__all__ = ["ChunkRecord", "Seek", "SessionResult", "SessionSettings", "Stall", "simulate"]

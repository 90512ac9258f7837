"""Sessions without an engine."""

from abr.simulate.fast import simulate
from abr.simulate.model import ChunkRecord, SessionResult, SessionSettings, Stall

__all__ = ["ChunkRecord", "SessionResult", "SessionSettings", "Stall", "simulate"]

"""Bandwidth over time: model, readers, generators."""

from abr.trace.answers import Answers
from abr.trace.model import Step, Trace, TraceError
from abr.trace.read import expand, read_trace, read_traces
from abr.trace.synthetic import builtin, builtin_names

__all__ = ["Answers", "Step", "Trace", "TraceError", "builtin", "builtin_names", "expand", "read_trace", "read_traces"]

"""Session metrics, scores, intervals."""

from abr.qoe.interval import Interval, bootstrap_mean
from abr.qoe.score import score, score_names
from abr.qoe.session import SessionMetrics, session_metrics

__all__ = ["Interval", "SessionMetrics", "bootstrap_mean", "score", "score_names", "session_metrics"]

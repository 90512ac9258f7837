"""Session metrics, scores, intervals."""

from abr.qoe.interval import Interval, bootstrap_mean
from abr.qoe.score import Film, Qoe, ScoreError, qoe, score, score_names
from abr.qoe.session import SessionMetrics, session_metrics

__all__ = [
    "Film",
    "Interval",
    "Qoe",
    "ScoreError",
    "SessionMetrics",
    "bootstrap_mean",
    "qoe",
    "score",
    "score_names",
    "session_metrics",
]

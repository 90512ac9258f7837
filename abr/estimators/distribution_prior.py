"""The prior of the scales, from recordings: `python -m abr.estimators.distribution_fit TRACES...`."""

SPREADS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""The scales of a step of ln(rate)."""
WEIGHTS = (0.0980, 0.1017, 0.1705, 0.3246, 0.2171, 0.0881)
"""The share of sessions that each scale fits best, families of recordings counted alike."""

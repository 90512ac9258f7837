"""The prior of the scales, from recordings: `python -m abr.estimators.distribution_fit TRACES...`."""

SPREADS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""The scales of a step of ln(rate)."""
WEIGHTS = (0.0922, 0.0971, 0.1714, 0.3245, 0.2227, 0.0920)
"""The share of sessions that each scale fits best, families of recordings counted alike."""

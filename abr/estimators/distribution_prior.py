"""The prior of the link models, fitted to recordings; made by `python -m abr.estimators.distribution_fit TRACES...`."""

TIMES_S = (4.0, 15.0, 60.0, float("inf"))
"""How long a link remembers where it is beside its mean."""
SPREADS = (0.04, 0.1, 0.2, 0.4, 0.8)
"""How rough it is: the scale of a step of ln(rate)."""
WEIGHTS = (
    (0.034, 0.061, 0.078, 0.063, 0.051),
    (0.004, 0.021, 0.059, 0.039, 0.028),
    (0.002, 0.002, 0.035, 0.085, 0.004),
    (0.127, 0.119, 0.158, 0.031, 0.000),
)
"""The share of sessions, families of recordings counted alike, for each time (rows) and each spread."""

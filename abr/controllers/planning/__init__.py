"""What the planning rules share: the coming chunks, the forecast, and the exact search."""

from abr.controllers.planning.ahead import Ahead, Objective, look_ahead
from abr.controllers.planning.exact import Planner
from abr.controllers.planning.forecast import HarmonicForecast

__all__ = ["Ahead", "HarmonicForecast", "Objective", "Planner", "look_ahead"]

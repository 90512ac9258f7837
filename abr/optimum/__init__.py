"""The best in hindsight: an upper bound that no session exceeds, and a plan that comes close to it."""

from abr.optimum.model import Effort, Optimum, OptimumError
from abr.optimum.search import optimum

__all__ = ["Effort", "Optimum", "OptimumError", "optimum"]

"""The best in hindsight: an upper bound that no session exceeds, and a plan that comes close to it."""

from abr.optimum.model import Optimum

__all__ = ["Optimum"]

"""The rules, one a file. Importing this package makes them known by name."""

from abr.controllers import bba, bola, dynamic, fixed, throughput

DEFAULT = "dynamic"
"""What the player uses unless told otherwise."""

__all__ = ["DEFAULT", "bba", "bola", "dynamic", "fixed", "throughput"]

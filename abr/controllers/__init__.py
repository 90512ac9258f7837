"""The rules, one a file. Importing this package makes them known by name."""

from abr.controllers import bba_0, bola_e, dynamic, fixed, hlsjs, l2a, lolp, media3, shaka, throughput

DEFAULT = "dynamic"
"""What the player uses unless told otherwise."""

__all__ = ["DEFAULT", "bba_0", "bola_e", "dynamic", "fixed", "hlsjs", "l2a", "lolp", "media3", "shaka", "throughput"]

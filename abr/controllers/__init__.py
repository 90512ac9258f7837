"""The rules, one a file. Importing this package makes them known by name."""

from abr.controllers import (
    bba_0,
    bba_2,
    bola_basic,
    bola_e,
    dynamic,
    evenflow,
    fixed,
    fugu,
    hlsjs,
    l2a,
    lolp,
    media3,
    mpc,
    robust_mpc,
    shaka,
    soda,
    throughput,
)

DEFAULT = "evenflow"
"""What the player uses unless told otherwise."""

__all__ = [
    "DEFAULT",
    "bba_0",
    "bba_2",
    "bola_basic",
    "bola_e",
    "dynamic",
    "evenflow",
    "fixed",
    "fugu",
    "hlsjs",
    "l2a",
    "lolp",
    "media3",
    "mpc",
    "robust_mpc",
    "shaka",
    "soda",
    "throughput",
]

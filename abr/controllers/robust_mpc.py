"""RobustMPC: MPC that is prepared for the forecast's worst error of late.

Source: Yin et al., SIGCOMM 2015, section 5, and pensieve test/mpc.py: the plan is made for T / (1 + e), with T the
harmonic mean of the last five chunks' rates and e the largest of the last five relative errors |T - got| / got. An
error upwards counts like one downwards, as in both. Everything else, ties and differences included, as in `mpc`.
"""

from __future__ import annotations

from abr.controller import register
from abr.controllers.mpc import Mpc


@register("robust-mpc")
class RobustMpc(Mpc):
    """Plans for a rate that the last errors would not fall short of."""

    name = "robust-mpc"

    def _error(self) -> float:
        return self._forecast.worst_error

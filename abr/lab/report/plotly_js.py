"""The only door to plotly: the text of plotly.js (MIT), which its Python package carries."""

from __future__ import annotations

from importlib import import_module


class PlotlyMissing(ImportError):
    """The package `plotly` is not installed."""


def plotly_js() -> str:
    """plotly.js as one script. PlotlyMissing: the extra `lab` is not installed."""
    try:
        # By name: it has no types, and is not there in every installation that is type-checked.
        offline = import_module("plotly.offline")
    except ImportError as error:
        raise PlotlyMissing("the package plotly is not installed; it comes with the extra `lab`") from error
    return str(offline.get_plotlyjs())

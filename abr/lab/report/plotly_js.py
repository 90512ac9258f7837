"""The only door to plotly: the text of plotly.js (MIT), which its Python package carries."""

from __future__ import annotations


class PlotlyMissing(ImportError):
    """The package `plotly` is not installed."""


def plotly_js() -> str:
    """plotly.js as one script. PlotlyMissing: the extra `lab` is not installed."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise PlotlyMissing("the package plotly is not installed; it comes with the extra `lab`") from error
    return str(get_plotlyjs())

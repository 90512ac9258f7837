"""`report.html`: one file that shows a run, and needs no network."""

from abr.lab.report.collect import Collector
from abr.lab.report.page import render

__all__ = ["Collector", "render"]

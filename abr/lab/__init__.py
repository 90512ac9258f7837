"""Controllers x traces x films -> tables, files and a page to look at."""

from abr.lab.suite import OPTIMUM, Cell, Outcome, Suite, run_suite
from abr.lab.summary import ALL, UPPER, Provenance, Row, Share, summarise, summary_document

__all__ = [
    "ALL",
    "OPTIMUM",
    "UPPER",
    "Cell",
    "Outcome",
    "Provenance",
    "Row",
    "Share",
    "Suite",
    "run_suite",
    "summarise",
    "summary_document",
]

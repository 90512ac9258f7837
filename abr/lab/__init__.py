"""Controllers x traces -> tables."""

from abr.lab.suite import Outcome, Suite, run_suite
from abr.lab.summary import ALL, Provenance, Row, summarise, summary_document

__all__ = ["ALL", "Outcome", "Provenance", "Row", "Suite", "run_suite", "summarise", "summary_document"]

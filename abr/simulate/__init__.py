"""Sessions without an engine."""

"""What happened, as values: events, the session report, the log."""

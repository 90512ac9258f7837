"""What the pages say and when they say it, in plain Python: no Qt, no event loop."""

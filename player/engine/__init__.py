"""The only room that knows all the stations."""

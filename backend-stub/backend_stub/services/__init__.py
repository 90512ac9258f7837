"""The HTTP API, version 1: one thin router per service over typed models; what they use is in `context.py`."""

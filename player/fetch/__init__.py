"""Bytes in: one narrow wire, real and simulated behind it."""

"""Throughput estimates."""

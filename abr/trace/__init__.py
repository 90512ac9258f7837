"""Bandwidth over time: model, readers, generators."""

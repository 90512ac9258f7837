"""The window: pages, overlay, view models."""

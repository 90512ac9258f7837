"""Thin Qt adapters: view models on one side, QML on the other. They hold no rule of their own."""

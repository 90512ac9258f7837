"""Session metrics, scores, comparisons."""

"""To be seen: where chunks go once they are fetched."""

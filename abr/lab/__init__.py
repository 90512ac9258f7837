"""Controllers x traces x videos -> tables."""

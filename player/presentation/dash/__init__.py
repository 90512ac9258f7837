"""MPEG-DASH (ISO/IEC 23009-1): a static MPD read into the same `Presentation` as an HLS playlist."""

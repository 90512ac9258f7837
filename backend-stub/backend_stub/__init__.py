"""The other side of the wire: auth, catalog, playback, history, edges, the encode pipeline."""

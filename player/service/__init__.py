"""The gateway's client: sign-in, catalog, playback, history."""

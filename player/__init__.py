"""The engine and its stations: manifest, steering, chunk, decision, fetch, output. No Qt anywhere."""

"""Which edge: pathways, the steering manifest, health."""

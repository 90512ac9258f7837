"""The way of the media: signed addresses, edges that serve them, steering that says which edge to ask."""

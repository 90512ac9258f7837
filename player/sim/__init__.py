"""The engine in virtual time: an event loop of our own, a simulated link, edges, titles that are tables of sizes."""
